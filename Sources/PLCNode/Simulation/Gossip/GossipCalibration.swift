/// How the model was fitted to the engine, and what both say of the scenario that was small enough for both.
package struct GossipCalibration: Sendable {
    /// One number as the engine and as the model have it.
    package struct Comparison: Sendable {
        /// What a number counts.
        package enum Unit: Sendable { case time, bytes, count }

        package let name: Phrase
        package let arguments: [String]
        package let unit: Unit
        package let engine: Double
        package let model: Double

        /// How far the model is off, of the engine's number; nil if that is 0.
        package var error: Double? { engine == 0 ? nil : (model - engine) / engine }

        /// The error in percent with its sign.
        package var errorText: String {
            guard let error else { return "–" }
            let percent = Int((error * 100).rounded())
            return percent > 0 ? "+\(percent) %" : percent < 0 ? "−\(-percent) %" : "0 %"
        }

        func text(_ number: Double, _ units: ReportUnits) -> String {
            switch unit {
            case .time: units.duration(UInt64(max(number, 0).rounded()))
            case .bytes: units.bytes(Int(max(number, 0).rounded()))
            case .count: grouped(Int(number.rounded()))
            }
        }
    }

    /// How many nodes the engine ran.
    package let nodes: Int
    /// For how many days.
    package let days: Int
    package let costs: GossipCosts
    package let comparisons: [Comparison]
    /// How many logs the large scenario has, and how many of them the model followed.
    package var logs = 0
    package var followed = 0
    /// What the scenario asks for and the model does not do, in the scenario's words.
    package var leftOut: [String] = []
}
