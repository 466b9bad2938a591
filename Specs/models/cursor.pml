/* The resume cursor: may a sink forget what it has already been told?
 *
 * A source holds two logs and numbers every change of a log with one counter, the lsn. A sink pulls. In place of
 * asking for all heads at each meeting, it keeps a cursor: "I hold all that the source had up to this lsn". The
 * source then announces only the logs that moved since. A cursor that runs ahead of the data loses data for ever
 * and silently, because nobody asks for it again. That is the property:
 *
 *     when nothing more can happen, the sink holds all that the source holds.
 *
 * "Nothing more can happen" is Spin's `timeout`. The session may drop at any moment until the last append, so
 * every interleaving of announcement, want, data and drop is tried; after the last append the session lives, since
 * a world in which it always drops would never end. Sources and sinks of many logs are pairs of logs: two are
 * enough for the data of one to overtake those of the other.
 *
 * Switches:
 *   ADV      when the cursor moves:
 *              0  when the announcement arrives
 *              1  when a batch of announced logs is satisfied, whatever is still owed from earlier ones
 *              2  when nothing at all is owed: the low-water mark, stored in one transaction with the data
 *   REST=1   the source may once be restored from an old backup: its lsn falls, and its numbers are used again
 *   FPCHK=1  when both are quiet the two compare fingerprints, and reconcile all heads if they differ
 *   CLRBUG   any data clear the want of their log, even when a newer head has been announced since
 *
 * Variants, which Scripts/check-models runs; a wrong one must fail. They do without FPCHK, which would hide what
 * they do: with it a sink that lost data notices, and reconciles all heads in place of a few.
 *   right  -DADV=2                       the rule, and a source that never forgets
 *   right  -DADV=2 -DFPCHK=1             fingerprints never differ where the rule holds
 *   right  -DADV=2 -DREST=1 -DFPCHK=1    the rule, and a source that comes back from an old backup
 *   wrong  -DADV=0                       what was announced and not yet received is taken for held
 *   wrong  -DADV=1                       a later batch overtakes an earlier one
 *   wrong  -DADV=2 -DCLRBUG              data of an old announcement satisfy a newer one
 *   wrong  -DADV=2 -DREST=1              new changes under old numbers are never announced
 */
#ifndef ADV
#define ADV 2
#endif
#ifndef REST
#define REST 0
#endif
#ifndef FPCHK
#define FPCHK 0
#endif

/* Three appends are the fewest with which every wrong variant fails: with two, no later batch can overtake an
 * earlier one (ADV=1). Four give the same verdicts. */
#define APPENDS_MAX 3
#define NONE 0

/* The source. A log's head is its length. */
byte head[2];               /* length of each log */
byte movedAt[2];            /* lsn of the last change of each log */
byte lsn;                   /* the counter: the number of the last change of any log */
byte appends;               /* appends so far, of APPENDS_MAX */

/* The source's backup, and whether it was taken and used. */
byte backupHead[2], backupMovedAt[2], backupLsn;
bool saved, restored;

/* The sink's store: what survives a drop. */
byte held[2];               /* length of its copy of each log */
byte cursor;                /* "I hold all up to this lsn" */

/* The session: what a drop forgets. */
bool up;
byte announced;             /* the source has announced up to this lsn */
byte seen;                  /* the sink has received announcements up to this lsn */
byte target[2];             /* head that the sink wants, NONE if it wants nothing of this log */
byte batch[2];              /* lsn of the announcement that began the want, NONE if nothing is owed */
byte wire[2];               /* head up to which data are under way, NONE if none are */

#define OWED(log)         (batch[log] != NONE)
#define NOTHING_OWED      (!OWED(0) && !OWED(1))
#define MAY_DROP          (appends < APPENDS_MAX)
#define UNANNOUNCED       (lsn > announced)
/* There is something to interrupt: news, or, after a restore, a counter below what was announced. */
#define UNSETTLED         (lsn > announced || announced > lsn)
#define SINK_HOLDS_ALL    (held[0] >= head[0] && held[1] >= head[1])

inline raise(variable, value) {
  if
  :: value > variable -> variable = value
  :: else
  fi
}

inline append(log) {
  head[log]++; lsn++; movedAt[log] = lsn; appends++
}

inline forgetWants() {
  target[0] = NONE; target[1] = NONE;
  batch[0] = NONE;  batch[1] = NONE;
  wire[0] = NONE;   wire[1] = NONE
}

inline open() {
  up = true; announced = cursor; seen = cursor
}

inline drop() {
  up = false; forgetWants()
}

inline backUp() {
  saved = true;
  backupHead[0] = head[0];       backupHead[1] = head[1];
  backupMovedAt[0] = movedAt[0]; backupMovedAt[1] = movedAt[1];
  backupLsn = lsn
}

/* Some appends are undone, so as many may be made again: with the same numbers, and other content. */
inline restore() {
  restored = true;
  drop();
  head[0] = backupHead[0];       head[1] = backupHead[1];
  movedAt[0] = backupMovedAt[0]; movedAt[1] = backupMovedAt[1];
  lsn = backupLsn; appends = lsn
}

/* The low-water mark: with nothing owed, all that was announced is held. */
inline advanceIfNothingOwed() {
  if
  :: NOTHING_OWED -> raise(cursor, seen)
  :: else
  fi
}

/* The source announces a log that moved since the last announcement. A want that is under way keeps its batch,
 * and aims higher: this is what the data that arrive must be checked against. */
inline announceLog(log) {
  if
  :: movedAt[log] > announced && head[log] > held[log] ->
       target[log] = head[log];
       if
       :: !OWED(log) -> batch[log] = lsn
       :: else
       fi
  :: else
  fi
}

inline announce() {
  seen = lsn;
  announceLog(0);
  announceLog(1);
  announced = lsn;
#if ADV == 0
  cursor = lsn
#else
  advanceIfNothingOwed()
#endif
}

/* Data arrive and are committed, with what they do to the cursor, in one transaction. */
inline receive(log) {
  raise(held[log], wire[log]);
#if ADV == 1
  if
  :: batch[log] > cursor && held[log] >= target[log] -> cursor = batch[log]
  :: else
  fi;
#endif
  wire[log] = NONE;
#ifdef CLRBUG
  batch[log] = NONE; target[log] = NONE;
#else
  if
  :: held[log] >= target[log] -> batch[log] = NONE; target[log] = NONE
  :: else                                      /* the head moved meanwhile: still owed */
  fi;
#endif
#if ADV == 2
  advanceIfNothingOwed()
#endif
}

/* Fingerprints differ: reconciliation finds every log of which the sink holds less. Its batch is above every lsn
 * that was announced, since no announcement has begun it. */
inline reconcileLog(log) {
  if
  :: head[log] > held[log] -> target[log] = head[log]; batch[log] = lsn + 1
  :: else
  fi
}

/* Both sides live in one process, since each step is one transaction of one side or one message, taken whole; the
 * order of steps is free, and that is all that two processes would add. */
active proctype world() {
  do
  :: appends < APPENDS_MAX -> d_step { append(0) }
  :: appends < APPENDS_MAX -> d_step { append(1) }
#if REST
  :: !saved -> d_step { backUp() }
  :: saved && !restored -> d_step { restore() }
#endif

  :: !up -> d_step { open() }
  :: up && UNSETTLED && MAY_DROP -> d_step { drop() }
  :: up && !NOTHING_OWED && MAY_DROP -> d_step { drop() }

  :: up && UNANNOUNCED -> d_step { announce() }
  :: up && OWED(0) && wire[0] == NONE -> wire[0] = target[0]
  :: up && OWED(1) && wire[1] == NONE -> wire[1] = target[1]
  :: up && wire[0] != NONE -> d_step { receive(0) }
  :: up && wire[1] != NONE -> d_step { receive(1) }
#if FPCHK
  :: up && NOTHING_OWED && !UNANNOUNCED && !SINK_HOLDS_ALL -> d_step { reconcileLog(0); reconcileLog(1) }
#endif

  :: timeout -> break
  od;
  assert(SINK_HOLDS_ALL)
}
