@_spi(_Unicode) import Swift

/// The text in normalisation form C, or nil if the bytes are not UTF-8.
///
/// Every text is normalised where it enters the node, since later on texts are compared, hashed and signed as bytes.
/// The standard library does the work (`_nfc`, which Foundation uses too); a scan proves most texts normal first,
/// and those are returned as they are. Source: UAX #15.
///
/// - Complexity: O(n); the scan is some fifteen times as fast as normalising.
package func nfc(_ utf8: [UInt8]) -> [UInt8]? {
    switch TextForm.of(utf8.span.bytes, in: 0..<utf8.count) {
    case .normal: utf8
    case .unknown: nfcInFull(String(decoding: utf8, as: UTF8.self))
    case .malformed: nil
    }
}

/// The text in normalisation form C, as UTF-8.
package func nfc(_ text: String) -> [UInt8] {
    nfc(Array(text.utf8)) ?? nfcInFull(text)
}

/// The text in normalisation form C by the full algorithm: the slow path, and the oracle of the tests.
package func nfcInFull(_ text: String) -> [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text._nfc {
        bytes.append(contentsOf: Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter)
    }
    return bytes
}
