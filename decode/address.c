/* SPDX-License-Identifier: MIT */
/*
 * Addresses as text: how we write them (IPv6 as RFC 5952 says), and how the fields that proxies add
 * write them: X-Forwarded-For has bare addresses, some add a port; Forwarded (RFC 7239 §6) puts
 * IPv6 into brackets and quotes, and knows "unknown" and names that begin with an underscore, which
 * are not addresses.
 */

#include <arpa/inet.h>
#include <assert.h>

#include "decode/exchange.h"

/* inet_ntop() goes through printf(), at a thousand instructions each. */
static void ipv4_text(const uint8_t octets[4], char *to)
{
    for (unsigned i = 0; i < 4; i++) {
        uint8_t n = octets[i];
        if (n >= 100)
            *to++ = (char)('0' + n / 100);
        if (n >= 10)
            *to++ = (char)('0' + n / 10 % 10);
        *to++ = (char)('0' + n % 10);
        *to++ = i < 3 ? '.' : '\0';
    }
}

const char *address_text(const struct address *address, char text[46])
{
    text[0] = '\0';
    if (address->family == 4) {
        ipv4_text(address->octets, text);
    } else if (address->family == 6) {
        const char *written = inet_ntop(AF_INET6, address->octets, text, 46);
        assert(written);
    }
    return text;
}

/* An IPv6 socket that serves IPv4 shows its peers as ::ffff:192.0.2.1: the same host as 192.0.2.1.
 */
static void unmap(struct address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(address->octets, mapped, sizeof mapped) != 0)
        return;
    memmove(address->octets, address->octets + 12, 4);
    memset(address->octets + 4, 0, 12);
    address->family = 4;
}

/* Exactly one address. */
static bool parse_bare(struct slice text, uint8_t family, struct address *address)
{
    char terminated[INET6_ADDRSTRLEN];
    if (text.len >= sizeof terminated || slice_find(text, '\0') < text.len)
        return false;
    memcpy(terminated, text.at, text.len);
    terminated[text.len] = '\0';

    *address = (struct address){.family = family};
    if (inet_pton(family == 4 ? AF_INET : AF_INET6, terminated, address->octets) != 1)
        return false;
    if (family == 6)
        unmap(address);
    return true;
}

/* Nothing, or a colon and what RFC 7239 §6 calls node-port: digits, or a name with an underscore.
 */
static bool is_port(struct slice text)
{
    if (text.len == 0)
        return true;
    if (text.at[0] != ':' || text.len < 2)
        return false;
    text = slice_from(text, 1);
    if (text.at[0] == '_')
        return text.len > 1;
    for (size_t i = 0; i < text.len; i++)
        if (!octet_is_digit(text.at[i]))
            return false;
    return text.len <= 5;
}

bool address_parse(struct slice text, struct address *address)
{
    text = slice_trim(text);
    if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"')
        text = slice_trim(slice_of(text.at + 1, text.len - 2));
    if (text.len == 0)
        return false;

    if (text.at[0] == '[') {
        size_t close = slice_find(text, ']');
        return close < text.len && is_port(slice_from(text, close + 1)) &&
               parse_bare(slice_of(text.at + 1, close - 1), 6, address);
    }
    size_t colon = slice_find(text, ':');
    struct slice after = slice_from(text, colon + 1);
    if (colon == text.len || slice_find(after, ':') == after.len)
        return is_port(slice_from(text, colon)) && parse_bare(slice_first(text, colon), 4, address);
    return parse_bare(text, 6, address);
}
