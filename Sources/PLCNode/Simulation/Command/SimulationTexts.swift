/// What `plc simulate` says.
enum SimulationTexts {
    static let badSeed = Phrase("'--seed {1}' is no number.", "القيمة ‎'--seed {1}'‎ ليست عددًا.")
    static let badSeeds = Phrase(
        "'--seeds {1}' is no range; write it like --seeds 1..500.",
        "القيمة ‎'--seeds {1}'‎ ليست مجالًا؛ اكتبها هكذا: ‎--seeds 1..500‎.")
    static let badPart = Phrase(
        "'--part {1}' is no part of a range; write it like --part 1/4.",
        "القيمة ‎'--part {1}'‎ ليست جزءًا من مجال؛ اكتبها هكذا: ‎--part 1/4‎.")
    static let badPlant = Phrase(
        "'--plant {1}' is none of the planted bugs; '--plant list' lists them.",
        "القيمة ‎'--plant {1}'‎ ليست من الأخطاء المزروعة؛ ‎'--plant list'‎ يعددها.")
    static let waits = Phrase(
        "The scenario cannot be run yet: it waits for {1}.", "لا يمكن تشغيل السيناريو بعد: ينتظر {1}.")
    static let isGossip = Phrase(
        "The scenario is for the gossip model, which has one history; run it without --seeds.",
        "السيناريو لنموذج الإشاعة، وله مسار واحد؛ شغّله بلا ‎--seeds‎.")
    static let oneReport = Phrase(
        "A report is of one history; leave out --seeds or --report.",
        "التقرير لمسار واحد؛ احذف ‎--seeds‎ أو ‎--report‎.")
    static let reported = Phrase("The report is in {1}.", "التقرير في {1}.")
    static let title = Phrase(
        "{1}, seed {2}: {3} nodes, {4} lines, {5} spaces, {6} days",
        "{1}، البذرة {2}: {3} عقدة، {4} خطًّا، {5} مساحة، {6} يومًا")
    static let traffic = Phrase(
        "{1} changes, {2} of them acknowledged to people; {3} writes refused; {4} in {5} messages",
        "{1} تغييرًا، أُكِّد منها للناس {2}؛ ورُفضت {3} كتابة؛ {4} في {5} رسالة")
    static let checks = Phrase(
        "checked: {1} states against the naive fold, {2} reads of own writes, every log at every step",
        "فُحصت: {1} حالة مقابل الطيّ الساذج، و{2} قراءة لما كُتب، وكل سجل في كل خطوة")
    static let everywhere = Phrase(
        "from writing to everywhere: half within {1}, 95 of 100 within {2}, the slowest {3}",
        "من الكتابة إلى كل مكان: النصف خلال {1}، و95 من 100 خلال {2}، والأبطأ {3}")
    static let faults = Phrase("what went wrong: {1}", "ما الذي تعطّل: {1}")
    static let met = Phrase("met: {1} ({2})", "تحقق: {1} ({2})")
    static let notMet = Phrase("NOT met: {1} ({2})", "لم يتحقق: {1} ({2})")
    static let violation = Phrase(
        "BROKEN at {1}, step {2}, {3}: {4}: {5}", "خرق عند {1}، الخطوة {2}، {3}: ‏{4}: ‏{5}")
    static let complaint = Phrase("{1} times: {2}", "{1} مرة: {2}")
    static let trace = Phrase("trace {1} of {2} steps", "الأثر {1} من {2} خطوة")
    static let transcript = Phrase(
        "The last of what happened (time, node, what):", "آخر ما حدث (الزمن، العقدة، الحدث):")
    static let shrinking = Phrase(
        "Looking for a smaller scenario that shows it…", "جارٍ البحث عن سيناريو أصغر يُظهره…")
    static let smallest = Phrase("The smallest that was found:", "أصغر ما عُثر عليه:")
    static let allWell = Phrase("All is well.", "كل شيء على ما يرام.")
    static let seeds = Phrase("seeds", "بذور")
    static let seedFailed = Phrase("seed {1}: {2}: {3}", "البذرة {1}: ‏{2}: ‏{3}")
    static let seedsFailed = Phrase("{1} seeds failed.", "فشلت {1} بذرة.")
    static let fleet = Phrase(
        "{1} seeds, {2} a second; {3} node-years; {4} changes",
        "{1} بذرة، {2} في الثانية؛ {3} سنة عقدة؛ {4} تغييرًا")
    static let repeated = Phrase(
        "{1} of them again in another process: {2} traces differ",
        "{1} منها مرة ثانية في عملية أخرى: اختلف {2} أثرًا")
}
