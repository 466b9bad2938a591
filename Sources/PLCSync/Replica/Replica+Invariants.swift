#if InvariantChecks
    extension Replica {
        /// Traps, naming the law, if the state is one that no sequence of facts may lead to.
        ///
        /// O(state).
        func checkInvariants() {
            for id in spaces.keys.sorted() {
                guard let space = spaces[id] else { continue }
                check(space)
                for log in space.fetching.keys.sorted() { checkFetch(of: log, space) }
            }
            for id in sessions.keys.sorted() {
                guard let session = sessions[id] else { continue }
                check(session)
                for space in session.spaces.keys.sorted() {
                    guard let shared = session.spaces[space] else { continue }
                    check(shared, space, session)
                }
            }
        }

        private func check(_ space: Space) {
            let inFlight = Set(
                commits.values.filter { $0.space == space.id }.flatMap(\.stretches).map(\.descriptor.id))
            for (id, log) in space.logs {
                precondition(log.descriptor.id == id, "a log stands under its own name: \(log)")
                precondition(log.durable.count <= log.verified.count, "durable is verified (I1): \(log)")
                precondition(log.count <= log.durable.count, "what is announced is durable (I3): \(log)")
                precondition(
                    log.isOwn || log.count == 0 || log.head.map { $0.count >= log.count } ?? false,
                    "what is announced stands under a head (L-28): \(log)")
                precondition(
                    Block.span(from: log.count, to: log.head?.count ?? log.count).count == log.bridge.count,
                    "a head is bridged (S-31): \(log)")
                precondition(
                    log.durable.count == log.verified.count || inFlight.contains(id),
                    "what is verified and not durable is being made so: \(log)")
                precondition(
                    !log.isOwn || log.count == log.verified.count,
                    "nobody else writes an own log (I2): \(log)")
                precondition(log.lsn <= space.lsn, "the space's lsn is the newest (I4): \(log)")
                precondition(
                    log.target.map { $0.head.count > log.verified.count } ?? true,
                    "a target lies ahead: \(log)")
            }
            let counted = space.logs.values.filter { $0.count > 0 && space.counts($0.descriptor) }
                .map { ReconciliationItem(log: $0.descriptor.id, count: $0.count, root: $0.root) }
                .sorted { $0.log < $1.log }
            precondition(counted == space.items, "the fingerprint covers the counted heads")
        }

        private func checkFetch(of log: LogID, _ space: Space) {
            guard let fetch = space.fetching[log] else { return }
            guard let session = sessions[fetch.connection], session.phase == .open else {
                preconditionFailure("a log is asked for where there is a session: \(fetch)")
            }
            precondition(
                space.logs[log]?.isOwn != true || session.spaces[space.id]?.contests[log] != nil,
                "an own log is asked for only while it is contested (L-36): \(fetch)")
            precondition(fetch.order <= session.wantsSent, "a fetch stands in a WANT: \(fetch)")
            precondition(
                session.peerNames.number(of: log) != nil, "what is asked for was announced (S-30): \(log)")
        }

        private func check(_ session: Session) {
            precondition(session.sentData <= session.sendCredit, "credit is not exceeded (S-35): \(session)")
            precondition(
                session.phase == .closed || session.receivedData <= session.grantedCredit,
                "a peer's credit ends its session (S-35): \(session)")
            precondition(session.processedData <= session.receivedData, "what is processed came (S-35)")
            precondition(
                session.grantedCredit <= session.processedData + Session.initialCredit,
                "what is allowed and not processed is bounded (I19)")
            precondition(session.wants.count <= LogNames.limit, "wants are bounded (I19)")
            precondition(session.peerNames.count <= LogNames.limit, "names are bounded (S-9, I19)")
            precondition(
                session.handles.count + session.unmatched.count <= Session.maximumSpaces,
                "spaces are bounded (S-8, I19)")
            precondition(
                session.strangerBytes <= Session.maximumStrangerBytes, "strangers are bounded (S-15, I19)")
            precondition(
                session.reading.map { $0.parts.count <= session.wants.count } ?? true,
                "what is read was wanted")
        }

        private func check(_ shared: SpaceSession, _ space: SpaceID, _ session: Session) {
            precondition(
                !shared.started || shared.sent != nil && shared.received != nil,
                "both sides have opened (S-21)")
            precondition(
                shared.unanswered <= SpaceSession.maximumUnanswered + 1,
                "announcements wait for answers (S-25)")
            precondition(
                shared.followed <= shared.upTo || !shared.started, "what is followed was announced (I4)")
            precondition(
                !shared.isRestricted || shared.pending.keys.allSatisfy { $0.channel == .control },
                "of one that does not belong, control alone is pulled (S-22)")
            precondition(
                !shared.isRestricted || shared.lastHeads == 0 && shared.toAnnounce.isEmpty,
                "to one that does not belong, nothing is announced (S-22)")
            for (log, count) in shared.pending {
                precondition(
                    spaces[space]?.logs[log]?.durable.count ?? 0 < count,
                    "what is durable is not pending: \(log)")
                precondition(session.peerNames.number(of: log) != nil, "what is pending was named: \(log)")
            }
        }
    }
#endif
