/// Every kind and field that was ever declared: number, name, type of field, type of value, version.
///
/// Lines are added, never changed and never taken away: numbers are on the wire for ever.
let goldenKinds = """
    * 1 author constant reference 1
    * 2 createdAt constant integer 1
    * 3 lang register text 1
    * 4 archived register boolean 1
    * 5 tags set text 1
    1 community keyed
    1 8 name register text 1
    1 9 mission multi text 1
    1 10 vision multi text 1
    1 11 quorum register integer 1
    1 12 cadence register text 1
    1 13 joinPolicy register text 1
    1 14 parents set text 1
    1 15 questions set text 1
    2 member keyed
    2 8 displayName register text 1
    2 9 title register text 1
    2 10 about multi text 1
    2 11 askMeAbout register text 1
    2 12 publicLabel register text 1
    2 13 status register text 1
    2 14 strengths set text 1
    2 15 wantsToLearn set text 1
    2 16 subjects set text 1
    2 17 grades set text 1
    2 18 languages set text 1
    3 post owned
    3 8 kind register text 1
    3 9 stance register text 1
    3 10 title multi text 1
    3 11 body multi text 1
    3 12 audience constant text 1
    3 13 nameMode register text 1
    3 14 learningQuestion register reference 1
    3 15 goals set reference 1
    3 16 standards set text 1
    3 17 attachments set reference 1
    3 18 acceptedAnswers set reference 1
    3 19 changeOfMind set text 1
    3 64 thanks set text 1
    3 65 willTry set text 1
    3 66 ideas set text 1
    3 67 votes set list 1
    4 feedback owned
    4 8 target constant reference 1
    4 9 type constant text 1
    4 10 body multi text 1
    4 11 place constant text 1
    4 64 ack set text 1
    4 65 response multi text 1
    4 66 resolved register boolean 1
    5 goal
    5 8 scope constant text 1
    5 9 owner constant reference 1
    5 10 statement multi text 1
    5 11 why multi text 1
    5 12 baselineNote multi text 1
    5 13 due register text 1
    5 14 status multi text 1
    5 15 lead multi reference 1
    5 16 parents set reference 1
    5 17 strategies set reference 1
    5 18 evidence set reference 1
    5 19 commitments set reference 1
    5 64 consents set list 1
    5 65 withdrawals set list 1
    6 indicator
    6 8 goal constant reference 1
    6 9 kind constant text 1
    6 10 name register text 1
    6 11 unit register text 1
    6 12 direction register text 1
    6 13 baseline register number 1
    6 14 target register number 1
    6 15 combine register text 1
    7 reading owned
    7 8 indicator constant reference 1
    7 9 value constant number 1
    7 10 n constant integer 1
    7 11 period constant text 1
    7 12 contributor constant text 1
    7 13 classCode constant text 1
    7 14 corrects constant reference 1
    """
