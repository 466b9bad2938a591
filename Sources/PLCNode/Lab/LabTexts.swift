/// What `plc lab` says; its words and the names of nodes are the same in both languages.
enum LabTexts {
    /// What is put together elsewhere.
    static let verbatim = Phrase("{1}", "{1}")
    static let didYouMean = Phrase("; did you mean '{2}'?", "؛ هل تقصد «{2}»؟")

    static let didYouMeanThird = Phrase("; did you mean '{3}'?", "؛ هل تقصد «{3}»؟")

    // MARK: What goes wrong

    static let manyNodes = Phrase(
        "the scenario has {1} nodes; a lab has a process for each, and at most {2}",
        "في السيناريو {1} عقدة؛ ولكل عقدة في المختبر عملية، ولا يزيد عددها على {2}")
    static let noLink = Phrase("there is no link '{1}'", "لا يوجد خط باسم «{1}»")
    static let noRange = Phrase("'{1}' means no nodes of this lab", "لا يدل «{1}» على أي عقدة في هذا المختبر")
    static let nothingBetween = Phrase(
        "no link leads from the one side to the other; 'plc lab status' shows the links",
        "لا خط بين الجانبين؛ يعرض الأمر 'plc lab status' الخطوط")
    static let noLab = Phrase(
        "no lab runs in {1}; start one with 'plc lab up SCENARIO'",
        "لا يعمل مختبر في {1}؛ ابدأ واحدًا بالأمر 'plc lab up SCENARIO'")
    static let deadLab = Phrase(
        "the lab in {1} has ended without cleaning up; 'plc lab down' removes what is left",
        "انتهى المختبر في {1} دون تنظيف؛ يزيل الأمر 'plc lab down' ما بقي منه")
    static let isRunning = Phrase(
        "a lab runs in {1} already, as process {2}; end it with 'plc lab down', or name another folder with --dir",
        "يعمل مختبر في {1} بالفعل بالعملية {2}؛ أنهه بالأمر 'plc lab down' أو اختر مجلدًا آخر بالخيار ‎--dir‎")
    static let folderInUse = Phrase(
        "{1} is not empty, and what is in it is no lab's; name another folder with --dir",
        "المجلد {1} غير فارغ وليس لمختبر؛ اختر مجلدًا آخر بالخيار ‎--dir‎")
    static let notStarted = Phrase("{1} could not be started: {2}", "تعذّر تشغيل {1}: {2}")
    static let busyPort = Phrase(
        "{1} could not be started at port {2}: {3}", "تعذّر تشغيل {1} على المنفذ {2}: {3}")
    static let noAnswer = Phrase(
        "{1} does not answer; its log is {2}", "لا يجيب {1}؛ سجله في {2}")
    static let upFailed = Phrase("The lab could not be started: {1}", "تعذّر بدء المختبر: {1}")
    static let upEnded = Phrase(
        "The lab's process ended while it was starting; its log says: {1}",
        "انتهت عملية المختبر أثناء البدء؛ ويذكر سجلها: {1}")
    static let cancelled = Phrase("it was told to end", "طُلب إنهاؤه")
    static let tooSlow = Phrase(
        "not ready within {1}: {2}; give it longer with --within",
        "لم يكتمل خلال {1}: {2}؛ أمهله أكثر بالخيار ‎--within‎")
    static let commandFailed = Phrase("'plc {1}' at {2} failed: {3}", "فشل ‎'plc {1}'‎ في {2}: {3}")
    static let badPort = Phrase(
        "'--port {1}' is no port from 1024 to 65535 with one for each node after it",
        "القيمة ‎'--port {1}'‎ ليست منفذًا من 1024 إلى 65535 يتسع لكل العقد")
    static let badTime = Phrase(
        "'{1}' is no length of time; write it like 60s or 2min",
        "«{1}» ليست مدة زمنية؛ اكتبها مثل ‎60s‎ أو ‎2min‎")
    static let badOffset = Phrase(
        "'{1}' is no offset of a clock; write it like +3d, -80y, or right",
        "«{1}» ليست إزاحة ساعة؛ اكتبها مثل ‎+3d‎ أو ‎-80y‎ أو ‎right‎")
    static let badSpeed = Phrase(
        "'{1}' says not how fast; write it like '8kbit latency 300ms', 'latency 2s' or 'full'",
        "لا يدل «{1}» على سرعة؛ اكتبها مثل ‎'8kbit latency 300ms'‎ أو ‎'latency 2s'‎ أو ‎'full'‎")
    static let badCount = Phrase(
        "'{1}' is no number from 1 to {2}", "«{1}» ليس عددًا من 1 إلى {2}")
    static let badKind = Phrase("'{1}' is not what one can write: {2}", "لا يمكن كتابة «{1}»؛ الأنواع: {2}")
    static let stopped = Phrase(
        "{1} does not run; start it with 'plc lab start {1}'",
        "{1} لا تعمل؛ شغّلها بالأمر ‎'plc lab start {1}'‎")
    static let isFrozen = Phrase(
        "{1} is frozen; 'plc lab thaw {1}' lets it go on", "{1} مجمّدة؛ يطلقها الأمر ‎'plc lab thaw {1}'‎")
    static let runs = Phrase("{1} runs already", "{1} تعمل بالفعل")
    static let cannotWrite = Phrase(
        "{1} may write in no space of this lab", "لا يحق لـ {1} الكتابة في أي مجتمع في هذا المختبر")
    static let notAWriter = Phrase("{1} may not write in {2}", "لا يحق لـ {1} الكتابة في {2}")

    // MARK: Coming up

    static let stepNodes = Phrase("nodes made", "عقد أُنشئت")
    static let stepServed = Phrase("nodes serve", "عقد تعمل")
    static let stepSpaces = Phrase("spaces founded", "مجتمعات أُسِّست")
    static let stepJoined = Phrase("members joined", "أعضاء انضموا")
    static let stepEqual = Phrase("spaces equal everywhere", "مجتمعات متطابقة في كل مكان")
    static let stepConnected = Phrase("links connected", "خطوط متصلة")
    static let stepDone = Phrase("{1}: {2} of {3}", "{1}: {2} من {3}")
    static let up = Phrase(
        "The lab '{1}' is up after {2}, in {6}; nodes {3}, links {4}, spaces {5}",
        "المختبر «{1}» جاهز بعد {2}، في {6}؛ العقد {3}، الخطوط {4}، المجتمعات {5}")
    static let columnAddress = Phrase("address", "العنوان")
    static let columnFolder = Phrase("folder", "المجلد")
    static let columnLink = Phrase("link", "الخط")
    static let columnLine = Phrase("line", "حال الخط")

    // MARK: What was done

    static let partitioned = Phrase(
        "Links cut: {1}.", "خطوط قُطعت: {1}.")
    static let partitionedOneWay = Phrase(
        "Links on which nothing passes from the first side to the second: {1}.",
        "خطوط لا يمر فيها شيء من الجانب الأول إلى الثاني: {1}.")
    static let healed = Phrase(
        "Links healed: {1}.", "خطوط عادت سليمة: {1}.")
    static let tuned = Phrase(
        "Links changed: {1}.", "خطوط تغيّرت: {1}.")
    static let killed = Phrase("{1} was killed.", "أُنهيت {1} قسرًا.")
    static let started = Phrase("{1} serves again.", "عادت {1} إلى العمل.")
    static let froze = Phrase("{1} stands still.", "توقفت {1} مؤقتًا.")
    static let thawed = Phrase("{1} goes on.", "تابعت {1} عملها.")
    static let clockSet = Phrase(
        "{1} was started again; its clock is off by {2}.", "أُعيد تشغيل {1}؛ وساعتها مزاحة بمقدار {2}.")
    static let clockRight = Phrase(
        "{1} was started again; its clock is right.", "أُعيد تشغيل {1}؛ وساعتها صحيحة.")
    static let wrote = Phrase(
        "{1} wrote {2} in {3}.", "كتبت {1} في {3}: ‏{2}.")
    static let down = Phrase("The lab in {1} is gone.", "أُزيل المختبر في {1}.")
    static let nothingThere = Phrase("There is no lab in {1}.", "لا يوجد مختبر في {1}.")
    static let notGone = Phrase(
        "something is left of the lab in {1}: {2}", "بقي شيء من المختبر في {1}: {2}")

    // MARK: Status

    static let running = Phrase("serves", "تعمل")
    static let dead = Phrase("stopped", "متوقفة")
    static let frozen = Phrase("frozen", "مجمّدة")
    static let silentNode = Phrase("no answer", "لا تجيب")
    static let open = Phrase("open", "مفتوح")
    static let cut = Phrase("CUT", "مقطوع")
    static let silent = Phrase("CUT, silently", "مقطوع بصمت")
    static let oneWay = Phrase("CUT from {1} to {2}", "مقطوع من {1} إلى {2}")
    static let unused = Phrase("no common space", "لا مجتمع مشترك")
    static let equal = Phrase("{1}: equal on {2}", "{1}: متطابق في {2}")
    static let different = Phrase("{1}: DIFFERENT: {2}", "{1}: مختلف: {2}")
    static let allReach = Phrase("All nodes that run reach each other.", "كل العقد العاملة متصلة بعضها ببعض.")
    static let islands = Phrase("{1} islands: {2}", "{1} جزر: {2}")
    static let notAsked = Phrase("not asked: {1}", "لم تُسأل: {1}")

    // MARK: Check

    static let checkEqual = Phrase(
        "{1}: equal, nodes compared: {2}; digest {3}, and {4} of export byte for byte",
        "{1}: متطابق، عقد قورنت: {2}؛ البصمة {3}، ومعها {4} من التصدير بايتًا بايتًا")
    static let checkPassed = Phrase("All is equal, after {1}.", "كل شيء متطابق، بعد {1}.")
    static let checkDigests = Phrase(
        "{1}: still different after {2}: {3}", "{1}: ما زال مختلفًا بعد {2}: {3}")
    static let checkExports = Phrase(
        "{1}: the exports of {2} and {3} differ from byte {4} on",
        "{1}: يختلف تصدير {2} عن تصدير {3} ابتداءً من البايت {4}")
    static let checkLine = Phrase("  {1}: {2}", "  {1}: {2}")
    static let checkNothing = Phrase("  {1}: (nothing)", "  {1}: (لا شيء)")
    static let leftOut = Phrase(
        "left out, because they do not run: {1}", "استُثنيت لأنها لا تعمل: {1}")
}

extension Phrase {
    /// One sentence after the other.
    static func + (a: Phrase, b: Phrase) -> Phrase { Phrase(a.english + b.english, a.arabic + b.arabic) }
}
