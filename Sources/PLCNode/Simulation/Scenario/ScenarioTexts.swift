/// What is said about the text of a scenario; its words themselves are the same in both languages.
enum ScenarioTexts {
    // MARK: What was expected

    static let unexpected = Phrase("'{1}' stands where {2} should stand", "ورد «{1}» والمتوقع هنا {2}")
    static let endsEarly = Phrase("the line ends where {1} should stand", "انتهى السطر والمتوقع هنا {1}")
    static let or = Phrase(" or ", " أو ")
    static let didYouMean = Phrase("; did you mean '{1}'?", "؛ هل تقصد «{1}»؟")
    static let lineEnd = Phrase("the end of the line", "نهاية السطر")
    static let number = Phrase("a whole number", "عدد صحيح")
    static let numberWithin = Phrase("a whole number from {1} to {2}", "عدد صحيح من {1} إلى {2}")
    static let larger = Phrase(
        "a number that is not smaller than the first", "عدد لا يقل عن العدد الأول")
    static let duration = Phrase("a length of time such as 20 min", "مدة زمنية مثل ‎20 min‎")
    static let offset = Phrase(
        "a length of time with its sign such as +80 years", "مدة زمنية مع إشارتها مثل ‎+80 years‎")
    static let drift = Phrase("a drift with its sign such as -200 ppm", "انحراف مع إشارته مثل ‎-200 ppm‎")
    static let percentage = Phrase("a percentage such as 2 %", "نسبة مئوية مثل ‎2 %‎")
    static let bandwidth = Phrase("a bandwidth such as 256 kbit/s", "سعة خط مثل ‎256 kbit/s‎")
    static let bytes = Phrase("a number of bytes such as 3 MB", "عدد بايتات مثل ‎3 MB‎")
    static let timeOfDay = Phrase("a time of day such as 09:20", "وقت من اليوم مثل 09:20")
    static let laterTime = Phrase("a time after the first", "وقت بعد الوقت الأول")
    static let hours = Phrase("a part of the day such as 12:00-14:00", "فترة من اليوم مثل ‎12:00-14:00‎")
    static let date = Phrase("a date such as 2026-09-06", "تاريخ مثل ‎2026-09-06‎")
    static let weekday = Phrase(
        "days of the week such as sun..thu ({1})", "أيام من الأسبوع مثل ‎sun..thu‎ ‏({1})")
    static let name = Phrase(
        "a name of letters, digits and hyphens that is neither 'all' nor 'any'",
        "اسم من حروف وأرقام وشرطات غير all وany")
    static let nodes = Phrase(
        "a node, a group, or nodes such as school-1..school-10",
        "عقدة أو مجموعة أو عقد مثل ‎school-1..school-10‎")
    static let kinds = Phrase("what is written ({1})", "نوع ما يُكتب ({1})")

    // MARK: What makes no sense

    static let missingName = Phrase(
        "the scenario has no name; begin with 'scenario NAME'",
        "لا اسم للسيناريو؛ ابدأ بالسطر ‎'scenario NAME'‎"
    )
    static let missingLength = Phrase(
        "nothing says how long the scenario lasts; add a line like 'lasts 26 days'",
        "لا يذكر السيناريو مدته؛ أضف سطرًا مثل ‎'lasts 26 days'‎")
    static let noLength = Phrase("the scenario lasts no time at all", "مدة السيناريو صفر")
    static let noNodes = Phrase(
        "there is no node; add a line like 'group school of 3'",
        "لا توجد عقدة؛ أضف سطرًا مثل ‎'group school of 3'‎")
    static let noSpaces = Phrase(
        "there is no space; add a line like 'space community level region members all'",
        "لا يوجد مجتمع؛ أضف سطرًا مثل ‎'space community level region members all'‎")
    static let noNode = Phrase(
        "no node or group is called '{1}'", "لا توجد عقدة ولا مجموعة باسم «{1}»")
    static let noGroup = Phrase("no group is called '{1}'", "لا توجد مجموعة باسم «{1}»")
    static let noSpace = Phrase("no space is called '{1}'", "لا يوجد مجتمع باسم «{1}»")
    static let noParent = Phrase(
        "no space before this line is called '{1}'", "لا يوجد قبل هذا السطر مجتمع باسم «{1}»")
    static let whichParent = Phrase(
        "there are several '{1}'; say which falls to each with 'in turn' or 'in blocks'",
        "هناك أكثر من «{1}»؛ حدّد نصيب كل واحد بعبارة ‎'in turn'‎ أو ‎'in blocks'‎")
    static let outsideGroup = Phrase(
        "'{1}' goes beyond the group '{2}', whose nodes are numbered from 1 to {3}",
        "يتجاوز «{1}» المجموعة «{2}» التي تُرقَّم عقدها من 1 إلى {3}")
    static let backwards = Phrase("'{1}' ends before it begins", "«{1}» ينتهي قبل أن يبدأ")
    static let shareWithoutEach = Phrase(
        "'{1}' needs one for each node of a group to fall to", "لا يوجد في «{1}» ما توزَّع عليه الحصص")
    static let nobody = Phrase("'{1}' names nobody", "لا يدل «{1}» على أي عقدة")
    static let emptyGroup = Phrase("the group '{1}' has no node", "لا عقد في المجموعة «{1}»")
    static let largeGroup = Phrase(
        "the group '{1}' has more than {2} nodes", "في المجموعة «{1}» أكثر من {2} عقدة")
    static let tooMuch = Phrase(
        "this line stands for more than {1} of what it spells out", "يمثّل هذا السطر أكثر من {1} مما يفصّله")
    static let givenTwice = Phrase("'{1}' is given twice", "ورد «{1}» مرتين")
    static let linkToItself = Phrase(
        "this line links '{1}' with nothing but itself", "يربط هذا السطر «{1}» بنفسها فقط")
    static let noDuration = Phrase("this lasts no time at all", "المدة هنا صفر")
    static let afterEnd = Phrase(
        "{1} is after the end of the scenario", "الوقت {1} بعد نهاية السيناريو")
    static let noMembers = Phrase("the space '{1}' has no members", "لا أعضاء في المجتمع «{1}»")
    static let notOneNode = Phrase(
        "'{1}' is several nodes, and one is wanted", "يدل «{1}» على عدة عقد والمطلوب واحدة")
    static let noRates = Phrase(
        "this line does not say what is written; add words like '6 posts a day'",
        "لا يذكر السطر ما يُكتب؛ أضف كلمات مثل ‎'6 posts a day'‎")
    static let noWriter = Phrase(
        "'{1}' may write in no space", "لا يحق للعقدة «{1}» الكتابة في أي مجتمع")
    static let noWriterIn = Phrase(
        "'{1}' may not write in '{2}'", "لا يحق للعقدة «{1}» الكتابة في «{2}»")
    static let noMember = Phrase(
        "'{1}' is no member of a space that it could join ({2})",
        "ليست العقدة «{1}» عضوًا في مجتمع يمكنها الانضمام إليه ({2})")
    static let lateFounder = Phrase(
        "'{1}' founds the space '{2}' and cannot join it late",
        "العقدة «{1}» مؤسِّسة المجتمع «{2}» فلا تنضم إليه متأخرة")
    static let noBackup = Phrase(
        "the backup would be older than the first day of the node", "النسخة الاحتياطية أقدم من أول يوم للعقدة"
    )
    static let bothSides = Phrase(
        "'{1}' stands on both sides", "العقدة «{1}» موجودة في الجانبين")
    static let endsBefore = Phrase("this ends before it begins", "النهاية هنا تسبق البداية")
    static let cannotLast = Phrase(
        "'{1}' happens at once and cannot last for a time", "يقع «{1}» في لحظة ولا يدوم مدة")
    static let cannotRepeat = Phrase("'{1}' can happen only once", "لا يقع «{1}» إلا مرة واحدة")
    static let overlaps = Phrase(
        "each time lasts until the next time or longer", "تدوم كل مرة حتى المرة التالية أو بعدها")
    static let notLinked = Phrase(
        "no link joins '{1}' with '{2}'", "لا يصل أي خط بين «{1}» و«{2}»")
    static let absentMember = Phrase(
        "'{1}' is a member of '{2}' and must hold what is written there",
        "العقدة «{1}» عضو في «{2}» ولا بد أن تحمل ما يُكتب فيه")
    static let nobodyEqual = Phrase(
        "none of these nodes is a member of such a space by then",
        "ليست أي من هذه العقد عضوًا في مثل هذا المجتمع في ذلك الوقت")
    static let noPath = Phrase(
        "no links of members join '{1}' with '{2}', so '{3}' can never be equal on both",
        "لا تصل خطوط الأعضاء بين «{1}» و«{2}» فلا يمكن أن يتساوى «{3}» فيهما")

    // MARK: Swarms

    static let isSwarm = Phrase(
        "this is a swarm; draw a scenario from it with a seed",
        "هذا سيناريو متغير؛ اسحب منه سيناريو محددًا ببذرة")
    static let swarmNodes = Phrase("a swarm has 2 to 64 nodes", "عدد عقد السيناريو المتغير من 2 إلى 64")
    static let swarmSpaces = Phrase("a swarm has 1 to 16 spaces", "عدد مجتمعات السيناريو المتغير من 1 إلى 16")
    static let swarmNeeds = Phrase(
        "a swarm must say how many {1} to draw; add a line like 'draw {1} 2 to 6'",
        "لا بد أن يذكر السيناريو المتغير عدد {1}؛ أضف سطرًا مثل ‎'draw {1} 2 to 6'‎")
    static let swarmOwnNodes = Phrase(
        "a swarm draws its nodes and names none", "السيناريو المتغير يسحب عقده ولا يسمّيها")
}
