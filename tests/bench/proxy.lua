-- SPDX-License-Identifier: Apache-2.0
-- wrk script: every request asks the proxy for one absolute URL, given after
-- "--" on the command line, with its Connection field if there is a second
-- argument; the result is one line of JSON.
local text

function init(args)
   local url = args[1]
   local host = url:match("^http://([^/]+)")
   local field = args[2] and "Connection: " .. args[2] .. "\r\n" or ""
   text = "GET " .. url .. " HTTP/1.1\r\nHost: " .. host .. "\r\n" .. field .. "\r\n"
end

function request()
   return text
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format(
      'RESULT {"requests": %d, "micros": %d, "bytes": %d, "p50": %d, "p99": %d, ' ..
      '"status_errors": %d, "errors": %d}\n',
      summary.requests, summary.duration, summary.bytes,
      latency:percentile(50), latency:percentile(99),
      e.status, e.connect + e.read + e.write + e.timeout))
end
