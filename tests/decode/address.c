/* SPDX-License-Identifier: MIT */
/* address: text of addresses, ours and what proxies write. */
#include <criterion/criterion.h>
#include <string.h>

#include "decode/exchange.h"

Test(address, what_proxies_write_is_read)
{
    static const struct {
        const char *text, *want; /* want NULL: no address */
    } cases[] = {
        {"1.2.3.4", "1.2.3.4"},
        {" 1.2.3.4\t", "1.2.3.4"},
        {"1.2.3.4:80", "1.2.3.4"},
        {"\"1.2.3.4\"", "1.2.3.4"},
        {"\"1.2.3.4:4711\"", "1.2.3.4"},
        {"1.2.3.4:_port", "1.2.3.4"},
        {"2001:db8::1", "2001:db8::1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:443", "2001:db8::1"},
        {"\"[2001:db8::1]:443\"", "2001:db8::1"},
        {"\"[2001:db8::1]:_x\"", "2001:db8::1"},
        {"::", "::"},
        {"::1", "::1"},
        {"::ffff:1.2.3.4", "1.2.3.4"},
        {"[::ffff:1.2.3.4]:80", "1.2.3.4"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"unknown", NULL},
        {"_hidden", NULL},
        {"\"_hidden\"", NULL},
        {"", NULL},
        {"   ", NULL},
        {"\"\"", NULL},
        {"\"", NULL},
        {"1.2.3", NULL},
        {"1.2.3.256", NULL},
        {"1.2.3.4.5", NULL},
        {"1.2.3.4:", NULL},
        {"1.2.3.4:http", NULL},
        {"1.2.3.4:_", NULL},
        {"1.2.3.4:123456", NULL},
        {"1.2.3.4, 5.6.7.8", NULL},
        {"[1.2.3.4]", NULL},
        {"[2001:db8::1", NULL},
        {"[2001:db8::1]443", NULL},
        {"[2001:db8::1]:", NULL},
        {"[]", NULL},
        {"[", NULL},
        {"]", NULL},
        {":", NULL},
        {":80", NULL},
        {"2001:db8::1::", NULL},
        {"fe80::1%eth0", NULL},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999", NULL},
        {"00000000000000000000000000000000000000000000000001.2.3.4", NULL},
        {"example.com", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        char text[46];
        bool parsed = address_parse(slice_of_text(cases[i].text), &address);
        cr_expect(parsed == (cases[i].want != NULL), "'%s'", cases[i].text);
        if (parsed && cases[i].want)
            cr_expect(strcmp(address_text(&address, text), cases[i].want) == 0, "'%s' is %s",
                      cases[i].text, text);
    }
}

Test(address, an_embedded_nul_ends_nothing)
{
    struct address address;
    cr_expect(!address_parse(SLICE("1.2.3.4\0"), &address));
    cr_expect(!address_parse(SLICE_ABSENT, &address));
}

Test(address, equal_addresses_are_equal_octets)
{
    struct address a, b;
    cr_assert(address_parse(SLICE("1.2.3.4"), &a) && address_parse(SLICE("::ffff:1.2.3.4"), &b));
    cr_expect(address_equal(&a, &b), "an IPv4 client is the same behind an IPv6 socket");
    cr_assert(address_parse(SLICE("102:304::"), &b));
    cr_expect(!address_equal(&a, &b));
}

Test(address, no_address_has_no_text)
{
    char text[46] = "x";
    cr_expect(strcmp(address_text(&(struct address){0}, text), "") == 0);
    const struct address longest = {.family = 6,
                                    .octets = "\xff\xff\xff\xff\xff\xff\xff\xff"
                                              "\xff\xff\xff\xff\xff\xff\xff\xff"};
    cr_expect_eq(strlen(address_text(&longest, text)), 39u);
}
