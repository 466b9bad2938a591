/// One measurement as the derivation of progress sees it.
public struct ReadingFact: Hashable, Sendable {
    /// Which record it is: any number that is the same wherever one reading is meant.
    public let id: UInt64
    /// What was measured.
    public let value: Double
    /// Of how many pupils or events; at least 1 is taken.
    public let count: Int64
    /// When, as text that sorts in time, such as `2027-03`.
    public let period: String
    /// Whose: a community and a class, as text.
    public let source: String
    /// The place in the order of writing: a stamp, and the full name as bytes to decide between equal ones.
    public let stamp: UInt64
    /// The full name of the record as bytes.
    public let name: [UInt8]
    /// The reading that this one corrects.
    public let corrects: UInt64?

    /// A measurement from its properties.
    public init(
        id: UInt64, value: Double, count: Int64, period: String, source: String, stamp: UInt64,
        name: [UInt8],
        corrects: UInt64?
    ) {
        self.id = id
        self.value = value
        self.count = count
        self.period = period
        self.source = source
        self.stamp = stamp
        self.name = name
        self.corrects = corrects
    }

    /// Whether it comes after another: by period, then by the order of writing.
    func isLater(than other: Self) -> Bool {
        if !period.utf8.elementsEqual(other.period.utf8) {
            return other.period.utf8.lexicographicallyPrecedes(period.utf8)
        }
        if stamp != other.stamp { return stamp > other.stamp }
        return other.name.lexicographicallyPrecedes(name)
    }
}

/// How the readings of an indicator make one number.
public enum CombineRule: String, Sendable, CaseIterable {
    /// The newest reading of each source, weighted by how many it speaks of.
    case weightedMean
    /// All readings together.
    case sum
    /// The newest reading.
    case latest
}

/// How far an indicator has come: derived, never typed in, so that two schools never contradict each other.
public struct IndicatorProgress: Hashable, Sendable {
    /// The number that the readings make; nil without readings.
    public let now: Double?
    /// The way from baseline to target that is done: 0 at the baseline, 1 at the target; nil if one is unknown.
    public let share: Double?
    /// How many readings counted.
    public let readings: Int
    /// How many sources they came from.
    public let sources: Int

    /// Derives progress from all readings of an indicator, in any order.
    ///
    /// A reading that another one corrects does not count.
    public init(_ readings: [ReadingFact], rule: CombineRule, baseline: Double?, target: Double?) {
        let corrected = Set(readings.compactMap(\.corrects))
        let valid = readings.filter { !corrected.contains($0.id) }.sorted { $1.isLater(than: $0) }
        var newest: [(source: String, reading: ReadingFact)] = []
        for reading in valid {
            if let index = newest.firstIndex(where: { $0.source.utf8.elementsEqual(reading.source.utf8) }) {
                newest[index].reading = reading
            } else {
                newest.append((reading.source, reading))
            }
        }
        let combined: Double?
        switch rule {
        case .latest: combined = valid.last?.value
        case .sum: combined = valid.isEmpty ? nil : valid.reduce(0) { $0 + $1.value }
        case .weightedMean:
            let weight = newest.reduce(0.0) { $0 + Double(max(1, $1.reading.count)) }
            let total = newest.reduce(0.0) { $0 + $1.reading.value * Double(max(1, $1.reading.count)) }
            combined = newest.isEmpty ? nil : total / weight
        }
        now = combined
        self.readings = valid.count
        sources = newest.count
        if let combined, let baseline, let target, baseline != target {
            share = (combined - baseline) / (target - baseline)
        } else {
            share = nil
        }
    }
}
