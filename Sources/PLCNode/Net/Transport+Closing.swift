package import PLCSync

/// What the host is still to be told.
enum Notice {
    case writable(ConnectionID)
    case closed(Connection, CloseReason)
    case refused(SocketAddress?, CloseReason)
}

extension Transport {
    /// Closes a connection; nothing more is handed over, and `closed` follows with the reason `requested`.
    ///
    /// With `afterFlush` all that was sent before still goes out, and the peer is given time to fetch it. A
    /// connection that is not yet open is closed at once.
    package func close(_ id: ConnectionID, afterFlush: Bool) {
        guard let connection = connections[id] else { return }
        switch connection.phase {
        case .resolving, .connecting, .handshaking: finish(connection, .requested)
        case .open where afterFlush:
            connection.phase = .draining
            markDirty(connection)
            updateInterest(connection)
        case .open:
            sayGoodbye(connection)
            finish(connection, .requested)
        case .draining, .lingering:
            if !afterFlush { finish(connection, .requested) }
        case .closed: break
        }
    }

    /// Sends what TLS has to say at the end, then waits for the peer's end.
    func lastWord(_ connection: Connection, _ reason: CloseReason) {
        sayGoodbye(connection)
        connection.pending = ByteQueue()
        connection.idleBytes = 0
        connection.socket?.shutdownWriting()
        connection.phase = .lingering(reason)
        updateInterest(connection)
        setDeadline(connection, after: limits.lingerMilliseconds) { [unowned self, unowned connection] in
            finish(connection, reason)
        }
    }

    /// The peer has said its last word, so ours is read by nobody but TLS, and nothing late can come.
    func answerEnd(_ connection: Connection) {
        sayGoodbye(connection)
        finish(connection, .ended)
    }

    /// Sends the closing notice, or the alert that is already waiting, as far as the socket takes it at once.
    private func sayGoodbye(_ connection: Connection) {
        guard let session = connection.session else { return }
        session.close()
        guard !session.outgoing.isEmpty else { return }
        _ = session.outgoing.withPrefix(.max, connection.write)
        session.outgoing = ByteQueue()
    }

    /// Gives up the socket and tells the host in this turn or the next.
    func finish(_ connection: Connection, _ reason: CloseReason) {
        guard !connection.isClosed else { return }
        connection.phase = .closed
        cancelDeadline(connection)
        if let registration = connection.registration { loop.deregister(registration) }
        connection.registration = nil
        connection.socket = nil
        connection.pending = ByteQueue()
        settle(connection)
        notify(.closed(connection, reason))
    }

    /// Takes a connection off the count of the unproven.
    func settle(_ connection: Connection) {
        guard connection.isUnproven, let address = connection.remoteAddress else { return }
        connection.isUnproven = false
        unproven.release(address)
    }

    /// Tells the host later, so that it is never entered from within its own call.
    func notify(_ notice: Notice) {
        notices.append(notice)
        guard notices.count == 1 else { return }
        loop.later { [weak self] in self?.deliverNotices() }
    }

    private func deliverNotices() {
        let batch = notices
        notices = []
        for notice in batch {
            switch notice {
            case .writable(let id):
                if connections[id]?.isOpen == true { handler?.writable(id) }
            case .closed(let connection, let reason):
                if connection.isKnown {
                    handler?.closed(connection.id, reason)
                } else {
                    handler?.refused(connection.remoteAddress, reason)
                }
                connections[connection.id] = nil
            case .refused(let address, let reason): handler?.refused(address, reason)
            }
        }
    }
}
