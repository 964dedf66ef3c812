// SPDX-License-Identifier: MIT
//
// Applications for tests, in Express.
//
// usage: apps.js TABLE.json
//
// TABLE is a list of {address, port, root, code}; `code` is what is done with `app`, and may name what
// is given to it below.
const fs = require('fs')
const zlib = require('zlib')
const express = require('express')
const compression = require('compression')

const body = "var v = 'a value';\n".repeat(400)

for (const place of JSON.parse(fs.readFileSync(process.argv[2]))) {
  const app = express()
  const names = { app, express, compression, zlib, body, root: place.root, tag: '"v1"', hash: 'v1' }
  new Function(...Object.keys(names), place.code)(...Object.values(names))
  app.listen(place.port, place.address)
}
