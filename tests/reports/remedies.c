/* SPDX-License-Identifier: MIT */
/* remedies and software: the tables agree with the catalogue, and signs are read from heads. */
#include "reports/advice/remedies.h"

#include <criterion/criterion.h>

#include <string.h>

#include "analysis/analysis.h"
#include "base/attributes.h"

Test(remedies, every_row_names_a_rule_and_stands_once)
{
    unsigned n = 0;
    for (; remedy_at(n); n++) {
        const struct remedy *r = remedy_at(n);
        cr_expect(rule_card_by_id(r->rule), "%s is no rule", r->rule);
        cr_expect(software_word(r->software), "%s: no such software", r->rule);
        cr_expect_eq(remedy_find(r->rule, r->software), r, "%s, %s stands twice", r->rule,
                     software_word(r->software));
    }
    cr_expect_gt(n, 100u);
}

Test(remedies, every_text_is_one_line_and_says_something)
{
    for (unsigned i = 0; remedy_at(i); i++) {
        const struct remedy *r = remedy_at(i);
        size_t length = strlen(r->text);
        cr_expect(length > 10 && length < 500 && !strchr(r->text, '\n') &&
                      r->text[length - 1] != '.' && r->text[length - 1] != ' ',
                  "%s, %s: %s", r->rule, software_word(r->software), r->text);
        cr_expect(strspn(r->since, "0123456789.") == strlen(r->since), "%s since %s", r->rule,
                  r->since);
    }
}

Test(remedies, every_software_has_a_remedy)
{
    for (unsigned s = 0; s < SOFTWARES; s++) {
        bool found = false;
        for (unsigned i = 0; remedy_at(i); i++)
            found |= remedy_at(i)->software == s;
        cr_expect(found, "%s", software_word(s));
    }
}

Test(software, words_are_unique_and_fit)
{
    char text[SOFTWARE_TEXT];
    for (unsigned s = 0; s < SOFTWARES; s++)
        cr_expect_eq(software_by_word(slice_of_text(software_word(s))), s);
    cr_expect_eq(software_by_word(SLICE("ngin")), SOFTWARES);
    cr_expect_lt(strlen(software_words(UINT64_MAX, text)), sizeof text - 1);
    cr_expect_eq(software_set(slice_of_text(text)), (UINT64_C(1) << SOFTWARES) - 1);
    cr_expect_str_eq(software_words(0, text), "");
    cr_expect_eq(software_set(SLICE("nginx nonsense")), UINT64_C(1) << SOFTWARE_NGINX);
}

Test(software, heads_name_software)
{
    static const struct {
        const char *title, *head, *words;
        bool request;
    } cases[] = {
        {"product with version", "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n\r\n", "nginx", false},
        {"a product is a whole token", "HTTP/1.1 200 OK\r\nServer: Apache-Coyote/1.1\r\n\r\n",
         "spring", false},
        {"several products", "HTTP/1.1 200 OK\r\nserver: Apache/2.4 (Debian) PHP/8.2\r\n\r\n",
         "apache php", false},
        {"Via has it in a comment", "HTTP/1.1 200 OK\r\nVia: 1.1 box (squid/5.7)\r\n\r\n", "squid",
         false},
        {"or as a pseudonym", "HTTP/1.1 200 OK\r\nVia: 1.1 varnish\r\n\r\n", "varnish", false},
        {"a field of its own", "HTTP/1.1 200 OK\r\nCF-RAY: 1-FRA\r\n\r\n", "cloudflare", false},
        {"framework", "HTTP/1.1 200 OK\r\nX-Powered-By: Express\r\n\r\n", "express", false},
        {"name of a cookie", "HTTP/1.1 200 OK\r\nSet-Cookie: _shop_session=abc; path=/\r\n\r\n",
         "rails", false},
        {"attributes are no cookies", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; JSESSIONID=1\r\n\r\n",
         "", false},
        {"values are not looked at", "HTTP/1.1 200 OK\r\nSet-Cookie: a=PHPSESSID\r\n\r\n", "",
         false},
        {"the start line is none", "HTTP/1.1 200 Server: nginx\r\n\r\n", "", false},
        {"cut short", "HTTP/1.1 200 OK\r\nServer", "", false},
        {"nothing", "", "", false},
        {"who asks", "GET / HTTP/1.1\r\nUser-Agent: curl/7.88.1\r\n\r\n", "curl", true},
        {"cookies of a request", "GET / HTTP/1.1\r\nCookie: a=b; csrftoken=x;JSESSIONID=1\r\n\r\n",
         "django spring", true},
        {"a request has no Server", "GET / HTTP/1.1\r\nServer: nginx\r\n\r\n", "", true},
    };
    char text[SOFTWARE_TEXT];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct slice head = slice_of_text(cases[i].head);
        uint64_t set = cases[i].request ? software_in_request(head) : software_in_response(head);
        cr_expect_str_eq(software_words(set, text), cases[i].words, "%s: %s", cases[i].title, text);
    }
    cr_expect_eq(software_in_response(SLICE_ABSENT), 0u);
}
