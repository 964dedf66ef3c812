/* SPDX-License-Identifier: MIT */
/* Networks in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3), few, in an array. */

#include "analysis/roles.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static unsigned bits_of(const struct address *address)
{
    return address->family == 4 ? 32 : 128;
}

/* Clears what lies beyond the prefix. */
static void cut_to(struct address *address, unsigned bits)
{
    for (unsigned i = 0; i < sizeof address->octets; i++, bits -= bits < 8 ? bits : 8)
        if (bits < 8)
            address->octets[i] &= (uint8_t)(0xFF00 >> bits);
}

/* An address alone, without what address_parse() takes beside it: ports, quotes, brackets. */
static bool parse_address(struct slice text, struct address *address)
{
    bool v6 = slice_find(text, ':') < text.len;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '[' || text.at[i] == '"')
            return false;
    return address_parse(text, address) && (address->family == 6 || !v6);
}

bool roles_add(struct roles *roles, struct slice network, enum role role)
{
    struct role_of_network added = {.role = (uint8_t)role};
    struct slice bits = slice_trim(network), address = slice_trim(slice_cut(&bits, '/'));
    uint64_t number;
    if (!parse_address(address, &added.network))
        return false;
    number = bits_of(&added.network);
    if (!slice_is_absent(bits) &&
        (!slice_to_u64(bits, &number, NULL) || number > bits_of(&added.network)))
        return false;
    added.bits = (uint8_t)number;
    cut_to(&added.network, added.bits);

    roles->networks = xrealloc(roles->networks, (roles->n + 1) * sizeof *roles->networks);
    size_t at = 0;
    while (at < roles->n && roles->networks[at].bits > added.bits)
        at++;
    memmove(&roles->networks[at + 1], &roles->networks[at],
            (roles->n - at) * sizeof *roles->networks);
    roles->networks[at] = added;
    roles->n++;
    return true;
}

void roles_fini(struct roles *roles)
{
    free(roles->networks);
    *roles = (struct roles){0};
}

enum role role_of(const struct roles *roles, const struct address *address)
{
    for (size_t i = 0; roles && i < roles->n; i++) {
        const struct role_of_network *network = &roles->networks[i];
        struct address cut = *address;
        if (network->network.family != address->family)
            continue;
        cut_to(&cut, network->bits);
        if (address_equal(&cut, &network->network))
            return (enum role)network->role;
    }
    return ROLE_UNKNOWN;
}
