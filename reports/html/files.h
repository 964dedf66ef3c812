/* SPDX-License-Identifier: MIT */
#pragma once
/* html.css and html.js as they stand in a page, and the base64 of their SHA-256 (CSP Level 3
 * §2.3.1). Made by cmake/embed.cmake when the program is built. */

extern const char html_css[], html_css_sha256[];
extern const char html_js[], html_js_sha256[];
