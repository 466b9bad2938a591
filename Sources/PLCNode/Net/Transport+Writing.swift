extension Transport {
    /// Sends what was gathered in this turn; call it at the end of every turn.
    ///
    /// As a rule one encryption and one system call for a connection. What a socket does not take, and what goes
    /// beyond the limit of a turn, follows when it is writable again.
    package func flush() {
        let batch = dirty
        dirty = []
        for connection in batch {
            connection.isDirty = false
            flush(connection)
        }
    }

    /// Puts a connection on the list for `flush`.
    func markDirty(_ connection: Connection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
    }

    private func flush(_ connection: Connection) {
        guard let session = connection.session, !connection.isClosed else { return }
        var left = limits.bytesPerTurn
        while left > 0 {
            if session.outgoing.isEmpty {
                guard encryptPending(connection, session) else { return }
                if session.outgoing.isEmpty { break }
            }
            switch session.outgoing.withPrefix(.max, connection.write) {
            case .bytes(let count):
                session.outgoing.consume(count)
                left -= count
                if !session.outgoing.isEmpty { left = 0 }
            case .wouldBlock: left = 0
            case .ended: preconditionFailure("writing has no end")
            case .failed(let error): return finish(connection, .system(error))
            }
        }
        connection.isBlocked = connection.hasOutput
        if connection.isFull, connection.waiting < limits.outputBytes / 2 {
            connection.isFull = false
            notify(.writable(connection.id))
        }
        if case .draining = connection.phase, connection.waiting == 0 {
            return lastWord(connection, .requested)
        }
        updateInterest(connection)
    }

    /// Encrypts the next portion of the host's bytes; false if the connection has ended over it.
    private func encryptPending(_ connection: Connection, _ session: TLSSession) -> Bool {
        switch connection.phase {
        case .open, .draining: break
        case .resolving, .connecting, .handshaking, .lingering, .closed: return true
        }
        do throws(TLSError) {
            let count = min(connection.pending.count, Self.chunkBytes)
            try connection.pending.withPrefix(count) { bytes throws(TLSError) in try session.write(bytes) }
            connection.pending.consume(count)
            connection.bytesSent += UInt64(count)
            return true
        } catch {
            lastWord(connection, .tls(error))
            return false
        }
    }
}
