internal import PLCSync

/// What the live commands say.
enum LiveTexts {
    static let serving = Phrase(
        "{1} ({2}) is being served at {3}; stop it with Ctrl-C.",
        "العقدة {1} ‏({2}) تعمل على {3}؛ أوقفها بـ Ctrl-C.")
    static let servingStill = Phrase(
        "{1} ({2}) is being served for reading alone; stop it with Ctrl-C.",
        "العقدة {1} ‏({2}) تعمل للقراءة فقط؛ أوقفها بـ Ctrl-C.")
    static let badWindow = Phrase(
        "'--window {1}' is no part of a day; write it like --window 12:00-14:00.",
        "القيمة ‎'--window {1}'‎ ليست فترة من اليوم؛ اكتبها هكذا: ‎--window 12:00-14:00‎.")
    static let outsideWindow = Phrase(
        "It is outside of the window; nothing was sent.", "الوقت خارج الفترة المحددة؛ لم يُرسل شيء.")
    static let badBudget = Phrase(
        "'--budget {1}' is no number of bytes; write it like --budget 3MB.",
        "القيمة ‎'--budget {1}'‎ ليست عدد بايتات؛ اكتبها هكذا: ‎--budget 3MB‎.")
    static let nobodyToMeet = Phrase(
        "There is nobody to sync with: add a peer with 'plc peer add HOST:PORT', or name one with --peer.",
        "لا يوجد نظير للمزامنة معه: أضف نظيرًا بالأمر ‎'plc peer add HOST:PORT'‎ أو سمِّ واحدًا بالخيار ‎--peer‎."
    )
    static let met = Phrase("{1}: {2} ({3})", "{1}: {2} ‏({3})")
    static let metSpace = Phrase(
        "  {1}: {2} changes sent, {3} received", "  {1}: أُرسل {2} تغيير، واستُقبل {3}")
    static let large = Phrase(
        "{1} changes are to come, about {2}; it can be interrupted, and goes on the next time.",
        "سيصل {1} تغيير، نحو {2}؛ يمكن قطع النقل، ويُستأنف في المرة القادمة.")
    static let expired = Phrase(
        "The invitation has expired; ask for a new one.", "انتهت صلاحية الدعوة؛ اطلب دعوة جديدة.")
    static let noAddress = Phrase(
        "The invitation says not where to go; ask for one made with --address HOST:PORT.",
        "لا تذكر الدعوة عنوانًا؛ اطلب دعوة أُنشئت بالخيار ‎--address HOST:PORT‎.")
    static let joined = Phrase("Joined {1} as {2}.", "انضممت إلى {1} بدور {2}.")
    static let joinFailed = Phrase("Joining failed: {1}.", "تعذّر الانضمام: {1}.")

    static let nameNeeded = Phrase(
        "There is no node in {1} yet: say what people shall call it, with --name NAME.",
        "لا توجد عقدة في {1} بعد: اذكر اسمها بالخيار ‎--name NAME‎.")
    static let badRecords = Phrase(
        "'--records {1}' is no number of records.", "القيمة ‎'--records {1}'‎ ليست عددًا للسجلات.")
    static let demoFailed = Phrase("The demonstration failed: {1}", "فشل العرض: {1}")
    static let demoDone = Phrase(
        "Done in {1} seconds: nothing was lost, and all three agree.",
        "انتهى العرض في {1} ثانية: لم يُفقد شيء، والعقد الثلاث متفقة.")

    static let inSync = Phrase("in sync", "متزامنان")
    static let differs = Phrase(
        "nothing is left to exchange, and yet the two differ; run 'plc doctor' on both",
        "لم يبق ما يُتبادل ومع ذلك تختلف العقدتان؛ شغّل ‎'plc doctor'‎ على كلتيهما")
    static let noCommonSpace = Phrase("the two nodes share no space", "لا مساحة مشتركة بين العقدتين")
    static let failed = Phrase("not reached ({1})", "لم يُبلغ ({1})")
    static let closedByPeer = Phrase("the peer closed: {1}", "أغلق النظير الاتصال: {1}")
    static let closedHere = Phrase("closed: {1}", "أُغلق الاتصال: {1}")
}

/// A sentence whose places are filled.
struct FilledPhrase: Sendable {
    private let phrase: Phrase
    private let arguments: [String]

    init(_ phrase: Phrase, _ arguments: String...) {
        self.phrase = phrase
        self.arguments = arguments
    }

    func text(_ language: Language) -> String { phrase.text(language, arguments) }
    var english: String { text(.english) }
}

extension Exchange.Ending {
    /// How it ended, for people.
    var phrase: FilledPhrase {
        switch self {
        case .inSync: FilledPhrase(LiveTexts.inSync)
        case .differs: FilledPhrase(LiveTexts.differs)
        case .noCommonSpace: FilledPhrase(LiveTexts.noCommonSpace)
        case .failed(let reason): FilledPhrase(LiveTexts.failed, reason)
        case .closed(let code, true): FilledPhrase(LiveTexts.closedByPeer, code.meaning)
        case .closed(let code, false): FilledPhrase(LiveTexts.closedHere, code.meaning)
        }
    }
}

extension Exchange.Outcome {
    /// Whether both sides hold the same.
    var isInSync: Bool {
        if case .inSync = ending { return true }
        return false
    }
}
