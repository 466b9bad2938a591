#if canImport(Glibc)
    import Glibc
#endif

/// A system call that failed: which one, and with what error number.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the call, as in section 2 of the manual.
    package let call: String
    /// The value of `errno`.
    package let code: Int32

    /// The failure of `call` with `code`; by default with the current `errno`, so make it before any other call.
    package init(_ call: String, _ code: Int32 = errno) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(String(cString: strerror(code))) (errno \(code))" }
}
