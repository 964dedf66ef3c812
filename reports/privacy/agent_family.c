/* SPDX-License-Identifier: MIT */
/*
 * Families of User-Agents. A browser names those that it wants to be taken for before it names
 * itself (RFC 9110 §10.1.5), so the rows are asked in the order in which the first that is found
 * anywhere in the text is the truth: those that derive from others first.
 */

#include "base/attributes.h"
#include "reports/privacy/privacy.h"

struct family {
    const char *sign; /* in any casing */
    const char *name;
};

// clang-format off
static const struct family families[] = {
    {"googlebot", "bot"}, {"bingbot", "bot"}, {"bot/", "bot"}, {"crawler", "bot"}, {"spider", "bot"},
    {"headlesschrome", "HeadlessChrome"},
    {"edg/", "Edge"}, {"edga/", "Edge"}, {"edgios/", "Edge"}, {"edge/", "Edge"},
    {"opr/", "Opera"}, {"opera", "Opera"},
    {"samsungbrowser", "Samsung Internet"}, {"vivaldi", "Vivaldi"}, {"yabrowser", "Yandex"},
    {"ucbrowser", "UC Browser"},
    {"fxios/", "Firefox"}, {"seamonkey", "SeaMonkey"}, {"firefox/", "Firefox"},
    {"crios/", "Chrome"}, {"chromium", "Chromium"}, {"chrome/", "Chrome"},
    {"safari/", "Safari"},
    {"msie ", "Internet Explorer"}, {"trident/", "Internet Explorer"},
    {"curl/", "curl"}, {"wget", "wget"}, {"python-requests", "python-requests"},
    {"python-urllib", "python-urllib"}, {"python-httpx", "httpx"}, {"aiohttp", "aiohttp"},
    {"go-http-client", "Go-http-client"}, {"okhttp", "okhttp"}, {"java/", "Java"},
    {"apache-httpclient", "Apache-HttpClient"}, {"axios", "axios"}, {"node-fetch", "node-fetch"},
    {"undici", "undici"}, {"libwww-perl", "libwww-perl"}, {"ruby", "Ruby"}, {"guzzle", "Guzzle"},
    {"cfnetwork", "CFNetwork"}, {"dalvik", "Dalvik"}, {"debian apt", "apt"}, {"git/", "git"},
    {"microsoft-cryptoapi", "CryptoAPI"}, {"windows-update", "Windows Update"},
    {"varnish", "Varnish"}, {"squid", "Squid"}, {"haproxy", "HAProxy"}, {"nginx", "nginx"},
    {"wrk", "wrk"}, {"h2load", "h2load"}, {"apachebench", "ab"},
    {"mozilla/", "Mozilla"},
};
// clang-format on

static bool contains(struct slice text, struct slice sign)
{
    for (; text.len >= sign.len; text = slice_from(text, 1))
        if (slice_starts_with_nocase(text, sign))
            return true;
    return false;
}

struct slice agent_family(struct slice user_agent)
{
    struct slice head = slice_first(user_agent, 512); /* nobody's name stands behind that */
    for (size_t i = 0; i < COUNT_OF(families); i++)
        if (contains(head, slice_of_text(families[i].sign)))
            return slice_of_text(families[i].name);
    return SLICE("other");
}
