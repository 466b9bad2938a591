// SQLite for Swift: the header, and the variadic functions that Swift cannot import.
#ifndef PLC_CSQLITE_SHIMS_H
#define PLC_CSQLITE_SHIMS_H
#include <sqlite3.h>

/// Sets one boolean option of a connection (SQLITE_DBCONFIG_*).
static inline int plc_sqlite_db_config(sqlite3 *db, int option, int value) {
    return sqlite3_db_config(db, option, value, (int *)0);
}

/// An open file of a virtual file system of ours: what SQLite knows of it, and the object behind it.
typedef struct plc_file {
    sqlite3_file base;
    void *object;
} plc_file;

/// An open database whose pages bear seals; the file beneath it follows in memory.
typedef struct plc_sealed_file {
    sqlite3_file base;
    /// How long the file is known to be, in bytes.
    sqlite3_int64 length;
    /// Whether pages have seals, and so are held against them.
    int isSealed;
    /// Whether pages are given as they are, whatever their seals say.
    int isLenient;
    /// How many pages that were read had one wrong bit.
    int corrected;
} plc_sealed_file;

/// Makes SQLite's own random numbers, which only name temporary files and salt the write-ahead log, follow from `seed`.
static inline void plc_sqlite_seed_random(int seed) {
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed, (sqlite3 *)0);
}
#endif
