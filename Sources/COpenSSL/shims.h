// OpenSSL for Swift: the headers in use, and the macros that Swift cannot import as functions.
#ifndef PLC_COPENSSL_SHIMS_H
#define PLC_COPENSSL_SHIMS_H
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#endif
