/* SPDX-License-Identifier: MIT */
/*
 * HMAC-SHA-256 (RFC 2104), by libcrypto, cut to 65 bits for names and 96 for addresses. By accident
 * two of a million values share a name once in seventy million databases.
 */

#include "reports/pseudonym.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/alloc.h"

enum { KEY_OCTETS = 32, HASH_OCTETS = 32 };

struct pseudonyms {
    EVP_MAC_CTX *mac; /* has the key */
};

static EVP_MAC_CTX *mac_with(const uint8_t key[KEY_OCTETS])
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (mac && EVP_MAC_init(mac, key, KEY_OCTETS, parameters))
        return mac;
    EVP_MAC_CTX_free(mac);
    return NULL;
}

struct pseudonyms *pseudonyms_new(struct error *error)
{
    uint8_t key[KEY_OCTETS];
    if (getrandom(key, sizeof key, 0) != sizeof key) {
        error_set(error, ERROR_OUTPUT, "no random key for pseudonyms: %s", strerror(errno));
        return NULL;
    }
    EVP_MAC_CTX *mac = mac_with(key);
    OPENSSL_cleanse(key, sizeof key);
    if (!mac) {
        error_set(error, ERROR_OUTPUT,
                  "libcrypto has no HMAC-SHA-256 for pseudonyms: see its "
                  "openssl.cnf");
        return NULL;
    }
    struct pseudonyms *pseudonyms = xcalloc(1, sizeof *pseudonyms);
    pseudonyms->mac = mac;
    return pseudonyms;
}

void pseudonyms_free(struct pseudonyms *pseudonyms)
{
    if (!pseudonyms)
        return;
    EVP_MAC_CTX_free(pseudonyms->mac);
    free(pseudonyms);
}

/* A fresh start with the same key cannot fail, nor can the rest; what is not hashed must not pass
 * for it. */
static void hash(struct pseudonyms *pseudonyms, struct slice value, uint8_t to[HASH_OCTETS])
{
    size_t length = 0;
    int done = EVP_MAC_init(pseudonyms->mac, NULL, 0, NULL) &&
               EVP_MAC_update(pseudonyms->mac, value.at, value.len) &&
               EVP_MAC_final(pseudonyms->mac, to, &length, HASH_OCTETS);
    assert(done && length == HASH_OCTETS);
}

uint64_t pseudonym_number(struct pseudonyms *pseudonyms, struct slice value)
{
    uint8_t octets[HASH_OCTETS];
    uint64_t number;
    hash(pseudonyms, value, octets);
    memcpy(&number, octets, sizeof number);
    return number;
}

void pseudonym_write(struct pseudonyms *pseudonyms, struct slice value, uint8_t *to)
{
    static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* no l and o, no 0 and 1 */
    uint8_t octets[HASH_OCTETS];
    _Static_assert(sizeof digits == 33, "five bits a letter");
    hash(pseudonyms, value, octets);
    *to = '~';
    for (unsigned i = 1; i < PSEUDONYM_LENGTH; i++)
        to[i] = (uint8_t)digits[octets[i] & 31];
}

struct address pseudonym_address(struct pseudonyms *pseudonyms, const struct address *address)
{
    struct address other = {.family = 6, .octets = {0x20, 0x01, 0x0d, 0xb8}};
    uint8_t octets[HASH_OCTETS];
    if (address->family == 0)
        return *address;
    size_t size = address->family == 4 ? 4 : 16; /* tells the families apart */
    hash(pseudonyms, slice_of(address->octets, size), octets);
    memcpy(other.octets + 4, octets, 12);
    return other;
}
