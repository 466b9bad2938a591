extension Transport {
    /// Reads what a socket has, up to the limit of a turn; the loop reports the rest again.
    func read(_ connection: Connection) {
        var left = limits.bytesPerTurn
        while left > 0, !connection.isClosed {
            switch connection.read(into: ciphertext) {
            case .bytes(let count):
                left -= count
                absorb(connection, UnsafeRawBufferPointer(rebasing: ciphertext[..<count]))
                // A buffer that was not filled means that there was no more: one system call saved.
                if count < ciphertext.count || connection.isPaused { return updateInterest(connection) }
            case .wouldBlock: return updateInterest(connection)
            case .ended: return hungUp(connection)
            case .failed(let error): return finish(connection, .system(error))
            }
        }
        updateInterest(connection)
    }

    private func absorb(_ connection: Connection, _ bytes: UnsafeRawBufferPointer) {
        switch connection.phase {
        case .handshaking:
            connection.idleBytes += bytes.count
            advance(connection, bytes)
            if case .handshaking = connection.phase, connection.idleBytes >= limits.unprovenBytes {
                finish(connection, .tooMuchUnproven)
            }
        case .open: advance(connection, bytes)
        case .draining: break
        case .lingering(let reason):
            connection.idleBytes += bytes.count
            // Whoever talks on at such length is not about to read our last word.
            if connection.idleBytes >= limits.outputBytes { finish(connection, reason) }
        case .resolving, .connecting, .closed: preconditionFailure("\(connection.id) has no stream")
        }
    }

    /// Takes TLS as far as `bytes` allow, and hands the peer's bytes to the host.
    func advance(_ connection: Connection, _ bytes: UnsafeRawBufferPointer) {
        guard let session = connection.session else { preconditionFailure("\(connection.id) has no session") }
        session.withInput(bytes) {
            while true {
                do throws(TLSError) {
                    switch try session.next(into: plaintext) {
                    case .established: establish(connection)
                    case .received(let count):
                        connection.bytesReceived += UInt64(count)
                        let bytes = UnsafeRawBufferPointer(rebasing: plaintext[..<count])
                        handler?.received(connection.id, bytes.bytes)
                    case .wantsInput: return
                    case .ended: return answerEnd(connection)
                    }
                } catch {
                    return lastWord(connection, .tls(error))
                }
                // The host may have closed it.
                switch connection.phase {
                case .handshaking, .open: continue
                case .resolving, .connecting, .draining, .lingering, .closed: return
                }
            }
        }
        if !session.outgoing.isEmpty { markDirty(connection) }
    }

    private func establish(_ connection: Connection) {
        settle(connection)
        cancelDeadline(connection)
        connection.phase = .open
        connection.isKnown = true
        markDirty(connection)
        guard let info = connection.info else {
            preconditionFailure("\(connection.id) is open without a peer")
        }
        handler?.connected(info)
    }

    /// The peer has closed its side of TCP.
    private func hungUp(_ connection: Connection) {
        if case .lingering(let reason) = connection.phase {
            finish(connection, reason)
        } else {
            finish(connection, .truncated)
        }
    }
}
