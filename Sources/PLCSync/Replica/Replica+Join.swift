/// Being admitted, and admitting.
extension Replica {
    mutating func sendJoin(
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
        if let role = state.membership.role(of: session.peer),
            role >= offer.role || offer.admitted == session.peer
        {
            // It belongs already: the answer to an earlier request was lost.
            return send(id, Message.welcome(genesis: state.genesis), now, &effects)
        }
        guard offer.admitted == nil else { return close(id, .invitationUsed, &effects) }
        guard !offer.isExpired(at: now.wall) else { return close(id, .invitationExpired, &effects) }
        let isBeingUsed = sessions.values.contains {
            $0.connection != id && $0.admitting?.space == space && $0.admitting?.key == invitation
        }
        guard !isBeingUsed else { return close(id, .invitationUsed, &effects) }
        sessions[id]?.admitting = (space, invitation)
        effects.append(
            .admit(
                space, session.peer, offer.role, name: String(decoding: message.name, as: UTF8.self),
                invitation: invitation))
    }

    mutating func welcomed(
        _ id: ConnectionID, _ body: [UInt8], _ effects: inout [Effect]
    ) throws(Malformed) {
        guard let request = sessions[id]?.joining else { throw Malformed(.shape, at: 0) }
        let genesis = try Message.genesis(welcome: body.span.bytes)
        _ = try Genesis(genesis)
        guard SpaceID(genesis: genesis) == request.space else { throw Malformed(.shape, at: 0) }
        effects.append(.found(genesis: genesis))
    }

    /// Whether a key that belongs to no space may connect: only while an invitation is open (D11).
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
