#if PlantedBugs
    internal import PLCSync

    /// `--plant N`, which only the build with planted bugs has.
    enum PlantedBugOption {
        /// Lets this process make the mistake that is asked for; gives an exit code if nothing is left to do.
        static func take(_ context: CommandContext) throws -> ExitCode? {
            guard let text = context.invocation.value("plant") else { return nil }
            if text.utf8.elementsEqual("list".utf8) {
                try context.output.lines(PlantedBug.allCases.map { "\($0.rawValue) \($0)" })
                return .done
            }
            guard let bug = Int(text).flatMap({ PlantedBug(rawValue: $0) }) else {
                throw CommandError(SimulationTexts.badPlant, text, code: .usage)
            }
            PlantedBug.selected = bug
            return nil
        }

        static let option = CommandOption.value("plant", "N", "make a mistake on purpose; 'list' says which")
    }
#endif
