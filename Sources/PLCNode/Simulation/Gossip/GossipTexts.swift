/// What is said of the gossip model.
enum GossipTexts {
    static let fixedBytes = Phrase("an exchange, whatever is new", "التبادل مهما كان الجديد")
    static let headBytes = Phrase("each log with news", "كل سجل فيه جديد")
    static let changeBytes = Phrase("each change", "كل تغيير")
    static let exchangeTime = Phrase(
        "an exchange, beyond 7 times the latency", "التبادل، زيادة على 7 أمثال زمن الخط")
    static let pushTime = Phrase(
        "passing on at once, beyond 3 times the latency", "التمرير الفوري، زيادة على 3 أمثال زمن الخط")
    static let comparedDelay = Phrase(
        "{1} of 100 changes everywhere within, {2}", "{1} من 100 تغيير في كل مكان خلال، {2}")
    static let comparedSchool = Phrase("bytes of an outer node a day", "بايتات العقدة الطرفية في اليوم")
    static let comparedBytes = Phrase("bytes in all", "البايتات في المجموع")
    static let comparedEverywhere = Phrase(
        "changes everywhere by the end, {1}", "تغييرات في كل مكان حتى النهاية، {1}")
    static let engineBroken = Phrase(
        "The engine broke a rule while the model was fitted: {1}: {2}",
        "خرق المحرّك قاعدة أثناء ضبط النموذج: {1}: {2}")
    static let noExchange = Phrase(
        "The model cannot be fitted: in the same scenario with {1} nodes no outer node exchanged anything.",
        "لا يمكن ضبط النموذج: لم تتبادل أي عقدة طرفية شيئًا في السيناريو نفسه بعدد {1} من العقد.")
    static let calibrating = Phrase(
        "Fitting the model: the engine runs {1} nodes for {2} days…",
        "ضبط النموذج: يشغّل المحرّك {1} من العقد مدة {2} من الأيام…")
    static let fitted = Phrase(
        "The model was fitted to the engine on {1} nodes over {2} days:",
        "ضُبط النموذج على المحرّك بعدد {1} من العقد خلال {2} من الأيام:")
    static let cost = Phrase("{1}: {2}", "{1}: {2}")
    static let comparison = Phrase("{1}: engine {2}, model {3} ({4})", "{1}: المحرّك {2}، النموذج {3} ({4})")
    static let theModel = Phrase(
        "All that follows is the model's, with {1} of {2} logs followed one by one:",
        "كل ما يلي من النموذج، مع تتبُّع {1} من {2} سجلات واحدًا واحدًا:")
    static let everywhere = Phrase(
        "{1}: of {2} changes that were followed {3} came everywhere; {4}",
        "{1}: من {2} تغييرًا تُتبِّع وصل {3} إلى كل مكان؛ {4}")
    static let within = Phrase("{1} of 100 within {2}", "{1} من 100 خلال {2}")
    static let wide = Phrase(
        "{1}: at 99 of 100 members: {2} of them; {3}", "{1}: عند 99 من 100 من الأعضاء: {2} منها؛ {3}")
    static let outerBytes = Phrase(
        "bytes of an outer node on a day of its line: mean {1}, half at most {2}, 95 of 100 at most {3}, the worst {4}",
        "بايتات العقدة الطرفية في يوم عمل خطها: المتوسط {1}، النصف على الأكثر {2}، و95 من 100 على الأكثر {3}، والأسوأ {4}"
    )
    static let traffic = Phrase(
        "{1} exchanges; {2} sent in all; {3} changes written, {4} writes refused by nodes that were down",
        "{1} تبادلًا؛ أُرسل {2} في المجموع؛ كُتب {3} تغييرًا، ورُفضت {4} كتابة في عقد متوقفة")
    static let leftOut = Phrase("the model leaves out: {1}", "لا يشمل النموذج: {1}")
    static let trace = Phrase("trace {1}", "الأثر {1}")
}
