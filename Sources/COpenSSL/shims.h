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

/// TLS 1.3 and nothing else; 0 if the library refuses.
static inline int plc_ssl_only_tls13(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
}

/// No way to resume: no tickets, no session cache. No renegotiation, no compression.
static inline int plc_ssl_forget_sessions(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_num_tickets(context, 0) && SSL_CTX_set_max_early_data(context, 0);
}

/// Record buffers exist only while a record is in work; unsent bytes may move between two calls.
static inline void plc_ssl_save_memory(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static inline int plc_ssl_set_groups(SSL_CTX *context, const char *names) {
    return (int)SSL_CTX_set1_groups_list(context, names);
}

static inline int plc_ssl_set_signatures(SSL_CTX *context, const char *names) {
    return (int)SSL_CTX_set1_sigalgs_list(context, names);
}

/// The longest certificate list, in bytes, that is read from a peer.
static inline void plc_ssl_set_max_certificates(SSL_CTX *context, long bytes) {
    SSL_CTX_set_max_cert_list(context, bytes);
}

/// How many certificates the peer sent, its own included; for use within a verify callback.
static inline int plc_x509_presented(const X509_STORE_CTX *store) {
    return sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
}

/// Appends to the chain that is sent after the certificate itself, which takes a reference.
static inline int plc_ssl_add_chain(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

/// The lowest and highest protocol version, 0 for no bound.
static inline int plc_ssl_set_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest) && SSL_CTX_set_max_proto_version(context, highest);
}

/// A new RSA key of `bits`, for tests that must be refused.
static inline EVP_PKEY *plc_rsa_key(unsigned bits) { return EVP_RSA_gen(bits); }
#endif
