package import PLCSync

/// A field as the vectors name it.
package func describe(_ field: Field) -> String {
    switch field {
    case .number(let number): "\(number)"
    case .name(let name): "t" + hexadecimal(name)
    }
}
