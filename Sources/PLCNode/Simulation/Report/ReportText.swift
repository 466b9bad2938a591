/// Every sentence of a report, in both languages; a test goes through all of them.
package enum ReportText: String, CaseIterable {
    // The head.
    case pageTitle, about, setting, verdictGood, verdictUnmet, verdictBroken, story, storyFaultless,
        storyFaults
    case figureChanges, figureHalf, figureMost, figureSlowest, figureBytes, figureConflicts, figureRefused
    // What was expected.
    case expectedTitle, expectedNone, expectedColumn, outcomeColumn, findingColumn, met, unmet, notJudged
    case eventsTitle, eventsNone
    // Who could reach whom.
    case reachTitle, reachCaption, reachOpen, reachClosed, reachCut, reachDown, reachRow, alike
    case lineColumn, linesColumn, openColumn, closedColumn, cutColumn, downColumn
    // How far behind.
    case behindTitle, behindCaption, behindGroupCaption, behindRow, behindNever, behindMost, behindShade
    case nodeColumn, mostColumn, mostWhenColumn, lastColumn, groupWorst, lacking, notMeasured
    // Bytes.
    case bytesTitle, bytesCaption, bytesRow, forth, back, bytesForthColumn, bytesBackColumn, bytesSumColumn
    case all, others
    // From writing to everywhere.
    case spreadTitle, spreadCaption, spreadNone, spreadCurve, spaceColumn, writtenColumn, everywhereColumn
    case slowestColumn, quantile, allSpaces, neverNote
    // Conflicts.
    case conflictsTitle, conflictsCaption, conflictsNone, conflictsUncounted, conflictsKind, conflictsMet
    case conflictsFields, conflictsSettled, conflictsLeft, conflictsGone, register, multi, registerFate,
        multiFate
    // Faults, violations.
    case faultsTitle, faultsCaption, faultsNone, faultColumn, countColumn, complaintsTitle
    case brokenTitle, brokenNone, whenColumn, stepColumn, ruleColumn, messageColumn, transcript
    // Whose numbers.
    case modelTitle, modelCaption, engineNumbers, modelNumbers, modelFollows, modelLeavesOut
    case comparisonColumn, engineColumn, modelColumn, errorColumn, costColumn, valueColumn
    // All over.
    case table, more, moment, day, scenarioText, trace

    func text(_ language: Language, _ arguments: String...) -> String { phrase.text(language, arguments) }

    package var phrase: Phrase {
        switch self {
        case .pageTitle: Phrase("Simulation: {1}", "محاكاة: {1}")
        case .about:
            Phrase(
                "What happened in one simulated history of plc: nodes, lines, faults, and what came of them.",
                "ما حدث في مسار محاكى واحد لبرنامج plc: العقد والخطوط والأعطال وما نتج عنها.")
        case .setting:
            Phrase(
                "Scenario {1}, seed {2}; from {3}, {4} days; {5} nodes, {6} lines, {7} spaces.",
                "السيناريو {1}، البذرة {2}؛ من {3}، عدد الأيام {4}؛ العقد {5}، الخطوط {6}، المساحات {7}.")
        case .verdictGood:
            Phrase(
                "✔ All is well: no rule was broken, and what was expected came ({1} of {1}).",
                "✔ كل شيء على ما يرام: لم تُخرق أي قاعدة، وتحقق كل ما كان متوقعًا ({1} من {1}).")
        case .verdictUnmet:
            Phrase(
                "✖ Not all came as expected: {1} of {2} expectations were not met. No rule was broken.",
                "✖ لم يأتِ كل شيء كما كان متوقعًا: لم يتحقق {1} من {2} من التوقعات. ولم تُخرق أي قاعدة.")
        case .verdictBroken:
            Phrase(
                "✖ A rule was broken: {1}, {2}. The simulation stopped there.",
                "✖ خُرقت قاعدة: {1}، {2}. وتوقفت المحاكاة عند ذلك.")
        case .story:
            Phrase(
                "People at {1} nodes made {2} changes. {3} of every 100 were at every member of their space by the end; half of those had taken {4} or less, 95 of 100 {5} or less.",
                "أجرى الناس في {1} عقدة ما مجموعه {2} تغييرًا. وصل {3} من كل 100 منها إلى جميع أعضاء مساحته حتى النهاية؛ نصف ما وصل احتاج {4} أو أقل، و95 من 100 احتاجت {5} أو أقل."
            )
        case .storyFaultless: Phrase("Nothing went wrong with machines or lines.", "لم يتعطل أي جهاز أو خط.")
        case .storyFaults:
            Phrase("What went wrong on the way, on purpose: {1}.", "ما تعطّل في الطريق عمدًا: {1}.")
        case .figureChanges: Phrase("changes written", "تغييرات كُتبت")
        case .figureHalf: Phrase("half were everywhere within", "وصل نصفها إلى كل مكان خلال")
        case .figureMost: Phrase("95 of 100 within", "و95 من 100 خلال")
        case .figureSlowest: Phrase("the slowest took", "واحتاج أبطؤها")
        case .figureBytes: Phrase("sent in all", "أُرسل في المجموع")
        case .figureConflicts: Phrase("writes met another unseen", "كتابات صادفت أخرى لم تُرَ")
        case .figureRefused: Phrase("writes refused", "كتابات رُفضت")
        case .expectedTitle: Phrase("What was expected, and what came of it", "ما كان متوقعًا وما نتج عنه")
        case .expectedNone:
            Phrase("The scenario expects nothing in particular.", "لا يتوقع السيناريو شيئًا بعينه.")
        case .expectedColumn: Phrase("expected, in the scenario's words", "المتوقع بكلمات السيناريو")
        case .outcomeColumn: Phrase("outcome", "النتيجة")
        case .findingColumn: Phrase("what was found", "ما وُجد")
        case .met: Phrase("✔ met", "✔ تحقق")
        case .unmet: Phrase("✖ not met", "✖ لم يتحقق")
        case .notJudged: Phrase("not reached", "لم يُبلغ")
        case .eventsTitle: Phrase("What the scenario let happen ({1})", "ما جعله السيناريو يحدث ({1})")
        case .eventsNone: Phrase("Nothing happened besides the work.", "لم يحدث شيء سوى العمل.")
        case .reachTitle: Phrase("Who could reach whom", "من كان يستطيع الوصول إلى من")
        case .reachCaption:
            Phrase(
                "One band for each line, from the first day to the last. On the side: how much of the time it could be used.",
                "شريط لكل خط من اليوم الأول إلى الأخير. وعلى الجانب: نسبة الوقت الذي أمكن استعماله فيه.")
        case .reachOpen: Phrase("open", "مفتوح")
        case .reachClosed: Phrase("closed by its timetable", "مغلق حسب جدوله")
        case .reachCut: Phrase("cut off", "مقطوع")
        case .reachDown: Phrase("a node was down", "كانت عقدة متوقفة")
        case .reachRow:
            Phrase(
                "{1}: open {2}, closed {3}, cut {4}, a node down {5} of the time",
                "{1}: مفتوح {2}، مغلق {3}، مقطوع {4}، عقدة متوقفة {5} من الوقت")
        case .alike: Phrase("and {1} like it", "و{1} مثله")
        case .lineColumn: Phrase("line", "الخط")
        case .linesColumn: Phrase("lines", "عدد الخطوط")
        case .openColumn: Phrase("open, of the time", "مفتوح من الوقت")
        case .closedColumn: Phrase("closed, of the time", "مغلق من الوقت")
        case .cutColumn: Phrase("cut, of the time", "مقطوع من الوقت")
        case .downColumn: Phrase("node down, of the time", "عقدة متوقفة من الوقت")
        case .behindTitle: Phrase("How far behind each replica was", "مقدار تأخر كل نسخة")
        case .behindCaption:
            Phrase(
                "Changes of its spaces that a node lacked, over time. The full height is {1} changes; half of the height is {2} (a scale of square roots). Looked at {3} times.",
                "عدد تغييرات مساحاتها التي كانت تنقص العقدة عبر الزمن. الارتفاع الكامل {1} تغييرًا؛ ونصف الارتفاع {2} (مقياس الجذور التربيعية). نُظر إليها {3} مرة."
            )
        case .behindGroupCaption:
            Phrase(
                "There are too many nodes for a band each: for each group the node that lacked most at each time, and then the nodes that ever lacked most.",
                "العقد أكثر من أن يكون لكل منها شريط: لكل مجموعة العقدة الأكثر نقصًا في كل وقت، ثم العقد التي بلغ نقصها الأقصى."
            )
        case .behindRow: Phrase("{1}: at most {2} changes behind", "{1}: تأخرت {2} تغييرًا على الأكثر")
        case .behindNever: Phrase("never behind", "لم تتأخر قط")
        case .behindMost: Phrase("most {1}", "الأكثر {1}")
        case .behindShade: Phrase("lines were cut", "كانت خطوط مقطوعة")
        case .nodeColumn: Phrase("node", "العقدة")
        case .mostColumn: Phrase("lacked at most, changes", "أكثر ما نقصها، بالتغييرات")
        case .mostWhenColumn: Phrase("when", "متى")
        case .lastColumn: Phrase("lacked at the end, changes", "ما نقصها في النهاية، بالتغييرات")
        case .groupWorst: Phrase("{1}: the worst of {2}", "{1}: الأسوأ من {2}")
        case .lacking: Phrase("changes lacking", "تغييرات ناقصة")
        case .notMeasured:
            Phrase("The history ended before anything was measured.", "انتهى المسار قبل أن يُقاس شيء.")
        case .bytesTitle: Phrase("What went over the lines", "ما مرّ عبر الخطوط")
        case .bytesCaption:
            Phrase(
                "Bytes over each line in all, the busiest first, before what TCP and TLS add. {1} in all.",
                "البايتات عبر كل خط في المجموع، الأكثر انشغالًا أولًا، قبل ما يضيفه TCP وTLS. المجموع {1}.")
        case .bytesRow: Phrase("{1}: {2} forth, {3} back", "{1}: ذهابًا {2}، إيابًا {3}")
        case .forth: Phrase("from the first to the second", "من الأولى إلى الثانية")
        case .back: Phrase("back", "إيابًا")
        case .bytesForthColumn: Phrase("forth, bytes", "ذهابًا، بايت")
        case .bytesBackColumn: Phrase("back, bytes", "إيابًا، بايت")
        case .bytesSumColumn: Phrase("together, bytes", "معًا، بايت")
        case .all: Phrase("all", "الكل")
        case .others: Phrase("{1} other lines", "{1} خطًّا آخر")
        case .spreadTitle: Phrase("From writing to everywhere", "من الكتابة إلى كل مكان")
        case .spreadCaption:
            Phrase(
                "For how many of 100 changes it took at most so long from the author's disk to the disk of every member of the space. The scale of time is logarithmic.",
                "كم من كل 100 تغيير احتاج هذا الزمن على الأكثر من قرص الكاتب إلى أقراص جميع أعضاء المساحة. مقياس الزمن لوغاريتمي."
            )
        case .spreadNone: Phrase("No change had to go anywhere.", "لم يكن على أي تغيير أن ينتقل.")
        case .spreadCurve:
            Phrase(
                "Share of the changes that were everywhere, over time",
                "نسبة التغييرات التي وصلت إلى كل مكان عبر الزمن")
        case .spaceColumn: Phrase("space", "المساحة")
        case .writtenColumn: Phrase("changes written", "تغييرات كُتبت")
        case .everywhereColumn: Phrase("everywhere by the end", "في كل مكان حتى النهاية")
        case .slowestColumn: Phrase("the slowest", "الأبطأ")
        case .quantile: Phrase("{1} of 100 within", "{1} من 100 خلال")
        case .allSpaces: Phrase("all spaces", "جميع المساحات")
        case .neverNote:
            Phrase(
                "The percentiles are of those changes that came everywhere; the curve ends below 100 if some did not.",
                "تُحسب الأزمنة للتغييرات التي وصلت إلى كل مكان؛ وينتهي المنحنى تحت 100 إن لم يصل بعضها.")
        case .conflictsTitle: Phrase("Writes that met each other", "كتابات صادفت بعضها")
        case .conflictsCaption:
            Phrase(
                "A write counts here if its author's node did not yet hold an earlier write by another node to the same field of the same record. It is settled when somebody later writes the field having both.",
                "تُحسب الكتابة هنا إن لم تكن عقدة كاتبها تملك بعدُ كتابة أسبق من عقدة أخرى في الحقل نفسه من السجل نفسه. وتُعدّ محسومة عندما يكتب أحدهم الحقل لاحقًا ومعه الكتابتان."
            )
        case .conflictsNone: Phrase("No two writes met in one field.", "لم تصادف كتابتان بعضهما في حقل واحد.")
        case .conflictsUncounted:
            Phrase(
                "The gossip model counts changes and does not know their fields.",
                "نموذج الإشاعة يعدّ التغييرات ولا يعرف حقولها.")
        case .conflictsKind: Phrase("kind of field", "نوع الحقل")
        case .conflictsMet: Phrase("writes that met another", "كتابات صادفت أخرى")
        case .conflictsFields: Phrase("fields concerned", "الحقول المعنية")
        case .conflictsSettled: Phrase("fields settled by a later write", "حقول حسمتها كتابة لاحقة")
        case .conflictsLeft: Phrase("values beside the shown one, at the end", "قيم سوى المعروضة في النهاية")
        case .conflictsGone: Phrase("fields of records deleted since", "حقول سجلات حُذفت منذئذ")
        case .register: Phrase("one value, the last writer wins", "قيمة واحدة، تغلب الكتابة الأخيرة")
        case .multi: Phrase("several values may stand", "يجوز بقاء عدة قيم")
        case .registerFate: Phrase("{1} overwritten without being seen", "كُتب فوق {1} دون أن تُرى")
        case .multiFate: Phrase("{1} kept beside it for people to choose", "بقيت {1} بجانبها ليختار الناس")
        case .faultsTitle: Phrase("What went wrong, by kind", "ما تعطّل حسب النوع")
        case .faultsCaption:
            Phrase(
                "How often the simulation did each thing to the nodes.",
                "عدد المرات التي أوقعت فيها المحاكاة كل عطل بالعقد.")
        case .faultsNone: Phrase("Nothing did.", "لا شيء.")
        case .faultColumn: Phrase("fault", "العطل")
        case .countColumn: Phrase("times", "مرات")
        case .complaintsTitle: Phrase("What nodes complained of", "ما اشتكت منه العقد")
        case .brokenTitle: Phrase("Rules that were broken", "قواعد خُرقت")
        case .brokenNone: Phrase("None, at any of {1} steps.", "لا شيء، في أي من {1} خطوة.")
        case .whenColumn: Phrase("when", "متى")
        case .stepColumn: Phrase("step", "الخطوة")
        case .ruleColumn: Phrase("rule", "القاعدة")
        case .messageColumn: Phrase("what was seen", "ما رُئي")
        case .transcript:
            Phrase(
                "The last of what happened (milliseconds, node, what)",
                "آخر ما حدث (مللي ثانية، العقدة، الحدث)")
        case .modelTitle: Phrase("Whose numbers these are", "مصدر هذه الأرقام")
        case .modelCaption:
            Phrase(
                "No machine runs so many nodes with their stores. All numbers of this page are those of a model that counts changes, except where the engine is named. The model was fitted in this same run to the real engine on {1} nodes over {2} days of the same scenario; below is what both say of that smaller one.",
                "لا يشغّل جهاز واحد هذا العدد من العقد بمخازنها. كل أرقام هذه الصفحة أرقام نموذج يعدّ التغييرات إلا حيث ذُكر المحرّك. وقد ضُبط النموذج في هذا التشغيل نفسه على المحرّك الحقيقي بعدد {1} من العقد خلال {2} من أيام السيناريو نفسه؛ وفيما يلي ما يقوله كلاهما عن ذلك المصغَّر."
            )
        case .engineNumbers: Phrase("These are the numbers of the real engine.", "هذه أرقام المحرّك الحقيقي.")
        case .modelNumbers:
            Phrase(
                "These are the numbers of a model, fitted to the real engine; see “Whose numbers these are”.",
                "هذه أرقام نموذج ضُبط على المحرّك الحقيقي؛ انظر «مصدر هذه الأرقام».")
        case .modelFollows:
            Phrase(
                "{1} of {2} logs were followed, change by change and node by node; times and counts of spaces are theirs, bytes are reckoned up from them to all.",
                "تُتبِّع {1} من {2} سجلات تغييرًا تغييرًا وعقدة عقدة؛ أزمنة المساحات وأعدادها لها، والبايتات محسوبة منها للكل."
            )
        case .modelLeavesOut: Phrase("The model leaves out: {1}.", "لا يشمل النموذج: {1}.")
        case .comparisonColumn: Phrase("in the smaller scenario", "في السيناريو المصغَّر")
        case .engineColumn: Phrase("engine", "المحرّك")
        case .modelColumn: Phrase("model", "النموذج")
        case .errorColumn: Phrase("error of the model", "خطأ النموذج")
        case .costColumn: Phrase("fitted to the engine", "ما ضُبط على المحرّك")
        case .valueColumn: Phrase("value", "القيمة")
        case .table: Phrase("The same as a table", "الشيء نفسه في جدول")
        case .more: Phrase("and {1} more", "و{1} غيرها")
        case .moment: Phrase("day {1}, {2}", "اليوم {1}، {2}")
        case .day: Phrase("day {1}", "اليوم {1}")
        case .scenarioText:
            Phrase(
                "The scenario as it ran; 'plc simulate' reads it", "السيناريو كما جرى؛ يقرؤه ‎'plc simulate'‎"
            )
        case .trace:
            Phrase(
                "Trace {1} of {2} steps: the same scenario and seed give the same again.",
                "الأثر {1} من {2} خطوة: السيناريو نفسه والبذرة نفسها يعطيان الشيء نفسه.")
        }
    }
}
