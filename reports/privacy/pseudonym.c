/* SPDX-License-Identifier: MIT */
/*
 * HMAC-SHA-256 (RFC 2104), by libnettle, cut to 65 bits for names and 96 for addresses. By accident
 * two of a million values share a name once in seventy million databases.
 */

#include "reports/privacy/pseudonym.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <nettle/hmac.h>

#include "base/alloc.h"

enum { KEY_OCTETS = 32, HASH_OCTETS = SHA256_DIGEST_SIZE, KEY_DIGITS = 2 * KEY_OCTETS };

struct pseudonyms {
    struct hmac_sha256_ctx mac; /* has the key */
};

/* ---- a key that is kept: a line of hexadecimal digits ---- */

static bool make_key(uint8_t key[KEY_OCTETS], struct error *error)
{
    return getrandom(key, KEY_OCTETS, 0) == KEY_OCTETS ||
           error_set(error, ERROR_OUTPUT, "no random key for pseudonyms: %s", strerror(errno));
}

static bool write_key(int fd, const uint8_t key[KEY_OCTETS])
{
    static const char digits[] = "0123456789abcdef";
    char line[KEY_DIGITS + 1];
    for (unsigned i = 0; i < KEY_OCTETS; i++) {
        line[2 * i] = digits[key[i] >> 4];
        line[2 * i + 1] = digits[key[i] & 15];
    }
    line[KEY_DIGITS] = '\n';
    bool written = write(fd, line, sizeof line) == (ssize_t)sizeof line;
    explicit_bzero(line, sizeof line);
    return written;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_key(int fd, uint8_t key[KEY_OCTETS])
{
    char line[KEY_DIGITS + 2];
    ssize_t length = read(fd, line, sizeof line); /* one more, to see that there is no more */
    bool is_key = length == KEY_DIGITS || (length == KEY_DIGITS + 1 && line[KEY_DIGITS] == '\n');
    for (unsigned i = 0; is_key && i < KEY_OCTETS; i++) {
        int high = digit_of(line[2 * i]), low = digit_of(line[2 * i + 1]);
        is_key = high >= 0 && low >= 0;
        key[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    explicit_bzero(line, sizeof line);
    return is_key;
}

static bool make_key_file(const char *path, uint8_t key[KEY_OCTETS], struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, ERROR_OUTPUT, "%s: a key cannot be made there: %s", path,
                         strerror(errno));
    bool made = make_key(key, error);
    bool written = made && write_key(fd, key);
    written = close(fd) == 0 && written;
    if (made && !written)
        error_set(error, ERROR_OUTPUT, "%s: the key cannot be written: %s", path, strerror(errno));
    if (!written)
        unlink(path); /* half a key is none */
    return written;
}

static bool keep_key(const char *path, uint8_t key[KEY_OCTETS], struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return make_key_file(path, key, error);
    if (fd < 0)
        return error_set(error, ERROR_INPUT, "%s: %s", path, strerror(errno));
    bool is_key = read_key(fd, key);
    close(fd);
    return is_key ||
           error_set(error, ERROR_INPUT,
                     "%s: no key for pseudonyms (%d hexadecimal digits): name a file that "
                     "is not there yet, and one is made",
                     path, KEY_DIGITS);
}

struct pseudonyms *pseudonyms_new(const char *key_file, struct error *error)
{
    uint8_t key[KEY_OCTETS];
    if (!(key_file ? keep_key(key_file, key, error) : make_key(key, error)))
        return NULL;
    struct pseudonyms *pseudonyms = xcalloc(1, sizeof *pseudonyms);
    hmac_sha256_set_key(&pseudonyms->mac, sizeof key, key);
    explicit_bzero(key, sizeof key);
    return pseudonyms;
}

void pseudonyms_free(struct pseudonyms *pseudonyms)
{
    if (!pseudonyms)
        return;
    explicit_bzero(pseudonyms, sizeof *pseudonyms);
    free(pseudonyms);
}

/* Asked for its digest, the context begins anew with the same key. */
static void hash(struct pseudonyms *pseudonyms, struct slice value, uint8_t to[HASH_OCTETS])
{
    hmac_sha256_update(&pseudonyms->mac, value.len, value.at);
    hmac_sha256_digest(&pseudonyms->mac, HASH_OCTETS, to);
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
