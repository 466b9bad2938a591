extension Array {
    /// The first place of a list whose element is not `isBefore`, in a list in which those that are come first.
    ///
    /// O(log n).
    @inlinable
    package func firstPlace(after isBefore: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
