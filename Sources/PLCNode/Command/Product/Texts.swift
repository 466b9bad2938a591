/// Every sentence that commands say to people, in both languages.
///
/// Command words, options, JSON keys and the names of fields are the same in both; messages of the parser are English.
enum Texts {
    // MARK: The node

    static let nodeMade = Phrase(
        "Made the node '{1}' in {2}. Its key: {3}", "أُنشئت العقدة «{1}» في {2}. مفتاحها: {3}")
    static let badName = Phrase(
        "a name has 1 to 128 bytes; choose a shorter one", "يتكوّن الاسم من 1 إلى 128 بايت؛ اختر اسمًا أقصر")
    static let statusNode = Phrase("Node '{1}' ({2}), plc {3}", "العقدة «{1}» ({2})، الإصدار {3}")
    static let statusStore = Phrase(
        "Store: {1}, and {2} not yet merged into it", "المخزن: {1}، و{2} لم تُدمج فيه بعد")
    static let readsOnly = Phrase(
        "this node only reads: nothing is written, and no peer is met, because {1}",
        "هذه العقدة للقراءة فقط: لا يُكتب شيء ولا تتصل بأي نظير، والسبب: {1}")
    static let diskFull = Phrase(
        "the disk is full: nothing is written until there is room; reading and exporting go on",
        "القرص ممتلئ: لن يُكتب شيء حتى تتوفر مساحة؛ القراءة والتصدير مستمران")
    static let statusChecked = Phrase(
        "Last check of all changes against their hashes: {1}", "آخر فحص لجميع التغييرات مقابل بصماتها: {1}")
    static let statusChecking = Phrase(
        "The present check has seen {1} of {2} changes", "رأى الفحص الجاري {1} من {2} من التغييرات")
    static let never = Phrase("none yet", "لم يُجرَ بعد")
    static let clockSuspect = Phrase(
        "this node's clock is probably wrong: set it, so that new work gets the right time",
        "يبدو أن ساعة هذه العقدة غير صحيحة: اضبطها كي يُسجَّل العمل الجديد بوقته الصحيح")
    static let notHere = Phrase(
        "'{1}' is not available in this program", "الأمر «{1}» غير متاح في هذا البرنامج")
    static let noInput = Phrase(
        "there is no standard input here; name a file", "لا يوجد دخل قياسي هنا؛ اذكر اسم ملف")

    // MARK: Columns

    static let columnSpace = Phrase("space", "المجتمع")
    static let columnName = Phrase("name", "الاسم")
    static let columnLevel = Phrase("level", "المستوى")
    static let columnRole = Phrase("role", "الدور")
    static let columnRecords = Phrase("records", "السجلات")
    static let columnChanges = Phrase("changes", "التغييرات")
    static let columnHash = Phrase("hash", "البصمة")
    static let columnPeer = Phrase("peer", "النظير")
    static let columnNode = Phrase("node", "العقدة")
    static let columnState = Phrase("state", "الحالة")
    static let columnContact = Phrase("last contact", "آخر اتصال")
    static let columnBehind = Phrase("behind", "ينقصنا")
    static let columnAhead = Phrase("ahead", "ينقصه")
    static let columnIdentity = Phrase("id", "المعرّف")
    static let columnTime = Phrase("time", "الوقت")
    static let columnText = Phrase("text", "النص")
    static let columnKind = Phrase("kind", "النوع")
    static let inSync = Phrase("in sync", "متزامن")
    static let thisNode = Phrase("this node", "هذه العقدة")
    static let separator = Phrase(", ", "، ")

    // MARK: Spaces

    static let spaceMade = Phrase("Founded the space '{1}': {2}", "أُسِّس المجتمع «{1}»: {2}")
    static let noSpace = Phrase(
        "no space '{1}' here; 'plc space list' shows those there are",
        "لا يوجد هنا مجتمع باسم «{1}»؛ يعرض الأمر 'plc space list' المجتمعات الموجودة")
    static let manySpaces = Phrase(
        "'{1}' may be any of {2}; write more of the identity",
        "قد يعني «{1}» أيًّا من {2}؛ اكتب جزءًا أطول من المعرّف")
    static let noSpaces = Phrase(
        "there is no space here yet; found one with 'plc space create', or join one with 'plc join'",
        "لا يوجد هنا أي مجتمع بعد؛ أسِّس واحدًا بالأمر 'plc space create' أو انضم بالأمر 'plc join'")
    static let whichSpace = Phrase(
        "there are several spaces; say which with --space", "هنا أكثر من مجتمع؛ حدّد المقصود بالخيار --space")
    static let needsUpgrade = Phrase(
        "a steward of space {1} uses a newer plc; upgrade this one before going on",
        "يستخدم أحد المشرفين على المجتمع {1} إصدارًا أحدث؛ حدّث هذا البرنامج قبل المتابعة")
    static let notAWriter = Phrase(
        "this node may only read in space {1}; ask a steward for an invitation as a writer",
        "لا يحق لهذه العقدة سوى القراءة في المجتمع {1}؛ اطلب من أحد المشرفين دعوة بصفة كاتب")
    static let notASteward = Phrase(
        "only stewards of space {1} may do this; ask one of 'plc members {1}'",
        "هذا الإجراء لمشرفي المجتمع {1} وحدهم؛ يعرضهم الأمر 'plc members {1}'")
    static let invited = Phrase(
        "Whoever has this token may join once, as a {1}, until {2}.",
        "يمكن لمن يحمل هذه الدعوة الانضمام مرة واحدة، بصفة {1}، حتى {2}.")
    static let noAddress = Phrase(
        "It names no address: add --address HOST:PORT, or tell where this node listens.",
        "لا تتضمن الدعوة عنوانًا: أضف ‎--address HOST:PORT‎ أو أخبر المدعو بعنوان هذه العقدة.")
    static let badDuration = Phrase(
        "'{1}' is no length of time; write 7d, 12h or 30m", "«{1}» ليست مدة زمنية؛ اكتب مثلًا 7d أو 12h أو 30m"
    )
    static let manyAddresses = Phrase(
        "an invitation has at most 8 addresses", "لا تحمل الدعوة أكثر من 8 عناوين")

    // MARK: Peers

    static let peerAdded = Phrase(
        "{1} will be met whenever this node is served.", "ستتصل العقدة بـ {1} كلما شُغّلت الخدمة.")
    static let peerKnown = Phrase("{1} is a peer already.", "{1} نظير معروف من قبل.")
    static let peerRemoved = Phrase("{1} will be met no more.", "لن تتصل العقدة بـ {1} بعد الآن.")
    static let unknownPeer = Phrase(
        "{1} is no peer; 'plc peer list' shows those there are",
        "{1} ليس نظيرًا؛ يعرض الأمر 'plc peer list' النظراء المعروفين")
    static let noPeers = Phrase(
        "No peers yet; add one with 'plc peer add HOST:PORT'.",
        "لا نظراء بعد؛ أضف واحدًا بالأمر 'plc peer add HOST:PORT'.")
    static let badPeer = Phrase(
        "'{1}' names no host or port to dial; write HOST:PORT",
        "لا يحدد «{1}» مضيفًا ومنفذًا للاتصال؛ اكتب HOST:PORT")

    // MARK: Records

    static let noRecord = Phrase(
        "no record '{1}' here; it may be deleted, or not have arrived yet",
        "لا يوجد هنا سجل «{1}»؛ ربما حُذف أو لم يصل بعد")
    static let otherKind = Phrase("'{1}' is a {2}, not a {3}", "«{1}» من نوع {2} وليس {3}")
    static let wantsInteger = Phrase(
        "'{1}' must be a whole number, not '{2}'", "يجب أن يكون «{1}» عددًا صحيحًا، لا «{2}»")
    static let wantsNumber = Phrase("'{1}' must be a number, not '{2}'", "يجب أن يكون «{1}» عددًا، لا «{2}»")
    static let wantsBoolean = Phrase(
        "'{1}' must be true or false, not '{2}'", "يجب أن تكون قيمة «{1}» true أو false، لا «{2}»")
    static let wantsList = Phrase(
        "'{1}' must be a list in JSON, not '{2}'", "يجب أن تكون «{1}» قائمة بصيغة JSON، لا «{2}»")
    static let nothingToChange = Phrase(
        "nothing to change: give at least one field", "لا شيء للتغيير: اذكر حقلًا واحدًا على الأقل")
    static let notThere = Phrase(
        "what is to be removed from '{1}' is not there", "ما تريد إزالته من «{1}» غير موجود فيه")
    static let badVersion = Phrase(
        "'{1}' is no version; 'show' prints the present one",
        "«{1}» ليست نسخة صالحة؛ يعرض الأمر show النسخة الحالية")
    static let notTheOwner = Phrase(
        "'{1}' belongs to {2}, which alone may change its words; answer with feedback instead",
        "«{1}» ملك لـ {2} وله وحده تعديل نصه؛ أضف ملاحظة بدلًا من ذلك")
    static let changed = Phrase("Changed {1}.", "عُدِّل {1}.")
    static let deleted = Phrase("Deleted {1}.", "حُذف {1}.")
    static let moreRecords = Phrase("… and {1} more; see --limit", "… و{1} أخرى؛ انظر ‎--limit‎")
    static let recordHead = Phrase("{1}  in {2}, by {3}", "{1}  في {2}، كتبته {3}")
    static let otherVersion = Phrase("written at the same time: {1}", "كُتبت في الوقت نفسه: {1}")
    static let versionLine = Phrase("version: {1}", "النسخة: {1}")
    static let indicatorLine = Phrase(
        "indicator: {1}: now {2} {3}, {4} of the way, {5} readings",
        "مؤشر: {1}: الآن {2} {3}، أُنجز {4}، عدد القراءات {5}")
    static let noIndicators = Phrase(
        "no indicators yet; add one with 'plc goal indicator add'",
        "لا مؤشرات بعد؛ أضف مؤشرًا بالأمر 'plc goal indicator add'")
    static let emptyQuery = Phrase("there is nothing to search for", "لا يوجد ما يُبحث عنه")
    static let nothingFound = Phrase("Nothing found.", "لم يُعثر على شيء.")
    static let limitReached = Phrase(
        "{1} were found, and there may be more; see --limit",
        "عُثر على {1}، وقد يكون هناك المزيد؛ انظر ‎--limit‎")

    // MARK: Transfer

    static let importing = Phrase("importing", "الاستيراد")
    static let imported = Phrase(
        "{1} records and {2} changes were imported; {3} lines changed nothing, {4} were bad.",
        "استُورد {1} من السجلات و{2} من التغييرات؛ {3} من الأسطر لم تغيّر شيئًا، و{4} غير صالحة.")
    static let moreBad = Phrase("… and {1} more bad lines", "… و{1} من الأسطر غير الصالحة")
    static let exportWhat = Phrase(
        "name one space, or give --all", "اذكر مجتمعًا واحدًا أو استخدم ‎--all‎")

    // MARK: Safety

    static let fileExists = Phrase(
        "{1} is there already; choose another name", "الملف {1} موجود؛ اختر اسمًا آخر")
    static let backingUp = Phrase("backing up", "النسخ الاحتياطي")
    static let backedUp = Phrase(
        "Wrote {1} ({2}). It does not hold the private key: keep a copy of the file 'key' apart.",
        "كُتبت النسخة {1} ({2}). وهي لا تتضمن المفتاح الخاص: احتفظ بنسخة من الملف 'key' في مكان منفصل.")
    static let restoring = Phrase("restoring", "الاستعادة")
    static let restored = Phrase(
        "Restored the node '{1}' in {2}, with {3} spaces.", "استُعيدت العقدة «{1}» في {2}، وعدد مجتمعاتها {3}."
    )
    static let restoreOver = Phrase(
        "{1} is a node's folder already; choose another with --dir, or replace its store with --force",
        "المجلد {1} يخص عقدة بالفعل؛ اختر غيره بالخيار ‎--dir‎ أو استبدل مخزنه بالخيار ‎--force‎")
    static let restoreNeedsKey = Phrase(
        "a backup holds no private key, and {1} has none; give the node's with --key FILE",
        "لا تتضمن النسخة مفتاحًا خاصًا ولا مفتاح في {1}؛ أعطِ مفتاح العقدة بالخيار ‎--key FILE‎")
    static let badKey = Phrase("{1} is no private key of a node", "الملف {1} ليس مفتاحًا خاصًا لعقدة")
    static let examined = Phrase(
        "Examined {1} logs with {2} changes, and {3} records.",
        "فُحص {1} من الدفاتر فيها {2} من التغييرات، و{3} من السجلات.")
    static let sound = Phrase("All is sound.", "كل شيء سليم.")
    static let repaired = Phrase(
        "The state was folded anew from the logs.", "أُعيد بناء الحالة من الدفاتر.")
    static let badDatabase = Phrase(
        "the store's file is damaged: {1}; restore a backup, or join again with a new folder",
        "ملف المخزن تالف: {1}؛ استعد نسخة احتياطية أو انضم من جديد بمجلد جديد")
    static let badPage = Phrase(
        "one bit on page {1} of the store is not what was written; it is read as it was, and 'plc doctor --repair' writes it so",
        "بت واحد في الصفحة {1} من المخزن ليس كما كُتب؛ تُقرأ الصفحة كما كانت، ويكتبها الأمر 'plc doctor --repair' كذلك"
    )
    static let mended = Phrase(
        "the disk had spoilt the store, which was mended on {1}; what is missing comes again from peers; remove {2} when all is well",
        "أتلف القرص المخزن فأُصلح بتاريخ {1}؛ يُجلب ما ينقص من النظراء؛ احذف الملف {2} حين يستقيم كل شيء")
    static let lacks = Phrase(
        "the disk had spoilt a part of this node's store, which is not here until a peer has given it again; 'plc status' says more",
        "أتلف القرص جزءًا من مخزن هذه العقدة، ولن يظهر هنا حتى يعيده أحد النظراء؛ يعرض الأمر 'plc status' المزيد"
    )
    static let badLog = Phrase(
        "log {1} is damaged: {2}; 'plc doctor --repair' sets that aside, and a peer gives it again",
        "الدفتر {1} تالف: {2}؛ يعزل الأمر 'plc doctor --repair' التالف ثم يُجلب من جديد من أحد النظراء")
    static let logRepair = Phrase(
        "changes {2} to {3} of log {1} are damaged on this node's disk or stand after such; they come again from the next peer that has them",
        "التغييرات من {2} إلى {3} في الدفتر {1} تالفة على قرص هذه العقدة أو تلي تالفًا؛ ستُجلب من جديد من أول نظير يملكها"
    )
    static let damagedLog = Phrase(
        "log {1} was found damaged on this node's disk while it was read for a peer; 'plc doctor' says more",
        "وُجد الدفتر {1} تالفًا على قرص هذه العقدة أثناء قراءته لأحد النظراء؛ يعرض الأمر 'plc doctor' المزيد")
    static let forkAlarm = Phrase(
        "log {1} of space {2} has another history on node {3} since {4}: what only one of the two has does not pass between them; if a folder was copied, start the node whose folder it was and let it meet the others",
        "للدفتر {1} في المجتمع {2} تاريخ آخر على العقدة {3} منذ {4}: ما عند إحداهما وحدها لا ينتقل إلى الأخرى؛ إن كان مجلد قد نُسخ فشغّل العقدة صاحبة المجلد ودعها تلتقي بالبقية"
    )
    static let aheadAlarm = Phrase(
        "node {3} says since {4} that it holds more of this node's own log {1} of space {2} than this node; keep both running and connected until it has been fetched",
        "تقول العقدة {3} منذ {4} إنها تملك من دفتر هذه العقدة {1} في المجتمع {2} أكثر مما تملكه هي؛ أبقهما تعملان متصلتين حتى يُجلب الباقي"
    )
    static let copiedAlarm = Phrase(
        "this node's folder was an older copy: its log {1} of space {2} was taken over from the others on {4}, and {5} changes made since the copy were written anew; nothing needs to be done, but use 'plc backup' and 'plc restore' instead of copying the folder",
        "كان مجلد هذه العقدة نسخة قديمة: أُخذ دفترها {1} في المجتمع {2} من البقية في {4} وأُعيدت كتابة ما جرى بعد النسخة وعدده {5} من التغييرات؛ لا يلزم فعل شيء، لكن استعمل 'plc backup' و 'plc restore' بدل نسخ المجلد"
    )
    static let leftOut = Phrase(
        "change {2} of log {1} has ended plc twice when it was taken in, so it is left out of what is shown here; all else goes on, and peers get it: upgrade plc, or have it tried once more with 'plc doctor --repair'",
        "أنهى التغيير {2} في الدفتر {1} برنامج plc مرتين عند إدخاله فتُرك خارج ما يُعرض هنا؛ يستمر ما عداه ويصل التغيير إلى النظراء: حدّث plc أو أعد المحاولة بالأمر 'plc doctor --repair'"
    )
    static let badHead = Phrase(
        "the signature under log {1} does not fit it", "التوقيع على الدفتر {1} لا يطابقه")
    static let badState = Phrase(
        "the state of space {1} is not what its changes say; 'plc doctor --repair' folds it anew",
        "حالة المجتمع {1} لا تطابق تغييراته؛ يعيد الأمر 'plc doctor --repair' بناءها")
    static let duplicate = Phrase(
        "'{1}' in space {2} was imported apart, as {3} records; one of them is shown and exported",
        "استُورد «{1}» في المجتمع {2} على عقد منفصلة بعدد {3} من السجلات؛ يُعرض أحدها ويُصدَّر")
}
