/// What the program is.
package enum Product {
    /// The version of the program.
    package static let version = "0.1.0"
}
