package import PLCSync

/// Logs with their leaves: what a state is a function of.
package struct History: Sendable {
    /// One log.
    package struct Log: Sendable {
        package let id: LogID
        package let key: PublicKey
        package var leaves: [[UInt8]] = []

        package init(id: LogID, key: PublicKey, leaves: [[UInt8]] = []) {
            self.id = id
            self.key = key
            self.leaves = leaves
        }
    }

    package var logs: [Log]

    package init(logs: [Log]) { self.logs = logs }
}
