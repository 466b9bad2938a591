/// What a report calls the faults.
extension Scenario.FaultKind {
    package var phrase: Phrase {
        switch self {
        case .losses: Phrase("packets lost", "حزم ضاعت")
        case .duplicates: Phrase("packets that came twice", "حزم وصلت مرتين")
        case .reorders: Phrase("packets out of order", "حزم وصلت بغير ترتيب")
        case .partitions: Phrase("partitions", "انقسامات")
        case .cuts: Phrase("lines cut", "خطوط قُطعت")
        case .closures: Phrase("lines closed by their timetable", "خطوط أُغلقت حسب جدولها")
        case .kills: Phrase("processes killed", "عمليات أُوقفت عنوة")
        case .powerCuts: Phrase("power cuts", "انقطاعات كهرباء")
        case .lostWrites: Phrase("writes lost with the power", "كتابات قرص ضاعت مع الكهرباء")
        case .tornWrites: Phrase("writes torn by a power cut", "كتابات قرص مزّقها انقطاع")
        case .freezes: Phrase("processes frozen", "عمليات جُمّدت")
        case .restores: Phrase("stores restored from a backup", "مخازن أُعيدت من نسخة احتياطية")
        case .clones: Phrase("cloned disks", "أقراص استُنسخت")
        case .wrongClocks: Phrase("clocks set wrong", "ساعات ضُبطت خطأً")
        case .fullDisks: Phrase("full disks", "أقراص امتلأت")
        case .diskErrors: Phrase("disks with errors", "أقراص بها أخطاء")
        case .bitFlips: Phrase("bits flipped", "بتات انقلبت")
        case .hostilePeers: Phrase("hostile peers", "أقران معادون")
        case .equivocations: Phrase("two histories under one name", "تاريخان باسم واحد")
        case .oldVersions: Phrase("programs of another version", "برامج بإصدار آخر")
        case .lateJoiners: Phrase("late joiners", "منضمّون متأخرون")
        case .departures: Phrase("nodes gone for good", "عقد غادرت نهائيًّا")
        }
    }
}
