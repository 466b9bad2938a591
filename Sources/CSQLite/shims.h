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

/// Makes SQLite's own random numbers, which only name temporary files and salt the write-ahead log, follow from `seed`.
static inline void plc_sqlite_seed_random(int seed) {
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed, (sqlite3 *)0);
}
#endif
