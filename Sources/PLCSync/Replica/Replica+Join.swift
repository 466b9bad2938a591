/// Being admitted, and admitting.
extension Replica {
    /// Asks to be admitted in a session that may have begun for something else.
    mutating func join(
        _ id: ConnectionID, _ request: JoinRequest, _ now: Now, _ effects: inout [Effect]
    ) {
        guard let session = sessions[id] else { return }
        sessions[id]?.purpose = .join(request)
        switch session.phase {
        case .greeting, .closed: return
        case .open: joinIfWanted(id, now, &effects)
        }
    }

    /// Asks to be admitted, if that is what the session is for and it was not done.
    mutating func joinIfWanted(_ id: ConnectionID, _ now: Now, _ effects: inout [Effect]) {
        guard let session = sessions[id], case .join(let request) = session.purpose,
            spaces[request.space] == nil, session.joining == nil
        else { return }
        sessions[id]?.joining = request
        sendJoin(id, request, now, &effects)
    }

    private mutating func sendJoin(
        _ id: ConnectionID, _ request: JoinRequest, _ now: Now, _ effects: inout [Effect]
    ) {
        guard let session = sessions[id], let key = SigningKey(seed: request.seed) else {
            return close(id, .unknownInvitation, &effects)
        }
        let signature = key.sign(Message.Join.message(exporter: session.exporter, key: identity.publicKey))
        let name = Array(request.name.utf8.prefix(Message.Join.maximumNameBytes))
        let message = Message.Join(invitation: key.publicKey.value, signature: signature, name: name)
        send(id, message.encode(), now, &effects)
    }

    /// Judges a request to be admitted, once: by the invitation as a steward wrote it, and this node's clock.
    mutating func asked(
        _ id: ConnectionID, _ message: Message.Join, _ now: Now, _ effects: inout [Effect]
    ) throws(Malformed) {
        guard let session = sessions[id] else { return }
        let invitation = PublicKey(message.invitation)
        let found = spaces.keys.sorted().first { spaces[$0]?.membership.invitations[invitation] != nil }
        guard let space = found, let state = spaces[space],
            let offer = state.membership.invitations[invitation],
            state.membership.role(of: identity.publicKey) == .steward
        else { return close(id, .unknownInvitation, &effects) }
        let signed = Message.Join.message(exporter: session.exporter, key: session.peer)
        guard invitation.verifies(message.signature, over: signed) else { throw Malformed(.shape, at: 32) }
        if state.membership.belongs(session.peer, by: invitation) {
            // It belongs already: the answer to an earlier request was lost.
            return send(id, Message.welcome(genesis: state.genesis), now, &effects)
        }
        guard offer.admitted == nil else { return close(id, .invitationUsed, &effects) }
        guard !offer.isExpired(at: now.wall) else { return close(id, .invitationExpired, &effects) }
        // A grant may be on its way to the disk for a session that is gone.
        let waiting = state.admissions[invitation]
        guard waiting == nil || waiting == session.peer else { return close(id, .invitationUsed, &effects) }
        sessions[id]?.admitting = (space, invitation)
        guard waiting == nil else { return }
        spaces[space]?.admissions[invitation] = session.peer
        let name = String(decoding: message.name, as: UTF8.self)
        effects.append(
            .admit(
                Admission(
                    space: space, key: session.peer, role: offer.role, name: name, invitation: invitation)))
    }

    /// Ends the sessions that wait for a grant that will not be.
    mutating func judged(
        _ admission: Admission, _ outcome: Admission.Outcome, _ effects: inout [Effect]
    ) {
        spaces[admission.space]?.admissions[admission.invitation] = nil
        let code: CloseCode
        switch outcome {
        // The welcome follows when the grant counts.
        case .belongs: return
        case .isUsed: code = .invitationUsed
        case .failed: code = .busy
        }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], session.peer == admission.key,
                let admitting = session.admitting, admitting.space == admission.space,
                admitting.key == admission.invitation
            else { continue }
            sessions[id]?.admitting = nil
            close(id, code, &effects)
        }
    }

    mutating func welcomed(
        _ id: ConnectionID, _ body: [UInt8], _ effects: inout [Effect]
    ) throws(Malformed) {
        guard let request = sessions[id]?.joining else { throw Malformed(.shape, at: 0) }
        let genesis = try Message.genesis(welcome: body.span.bytes)
        _ = try Genesis(genesis)
        guard SpaceID(genesis: genesis) == request.space else { throw Malformed(.shape, at: 0) }
        effects.append(.found(id, genesis: genesis))
    }

    /// Whether a key that belongs to no space may connect: only while an invitation is open.
    public func admitsStrangers(at wall: WallTime) -> Bool {
        spaces.values.contains { space in
            space.membership.role(of: identity.publicKey) == .steward
                && space.membership.invitations.values.contains {
                    $0.admitted == nil && !$0.isExpired(at: wall)
                }
        }
    }

    /// Whether `key` belongs to a space of this node's.
    public func knows(_ key: PublicKey) -> Bool {
        spaces.values.contains { $0.membership.role(of: key) != nil }
    }
}
