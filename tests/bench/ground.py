# SPDX-License-Identifier: Apache-2.0
"""What every part that loads c-icap stands on: the modules under test, the origin, and a
store that knows the origin's site files."""
import os
import shutil
import subprocess
import time

import cells as plan
import pages
import servers


class Ground:
    def __init__(self, bench, args):
        self.bench, self.args = bench, args
        shutil.copy(args.null, os.path.join(bench.run, "srv_null.so"))
        self.optout = bool(args.module)
        if self.optout:
            shutil.copy(args.module, os.path.join(bench.run, "srv_optout.so"))
        templates = os.path.join(bench.run, "templates")
        os.mkdir(templates)
        if args.templates and os.path.isdir(args.templates):
            shutil.copytree(args.templates, os.path.join(templates, "srv_optout"))
        self.filled = False
        self.origin = bench.origin(pages.write_site(os.path.join(bench.run, "www")))

    def page(self, path):
        """The page's URL and its file."""
        return (f"http://127.0.0.1:{self.origin}/{path}",
                os.path.join(self.bench.run, "www", path))

    def fill_store(self):
        """What optoutd finds of the origin, once. It is gone when the load begins: were
        the store not enough, the filter would ask in vain and refuse."""
        if self.filled:
            return
        run, origin = self.bench.run, f"http://127.0.0.1:{self.origin}"
        tool, daemon = (os.path.join(run, name) for name in ("optout", "optoutd"))
        shutil.copy(self.args.tool, tool)
        shutil.copy(self.args.daemon, daemon)
        conf = os.path.join(run, "optoutd.conf")
        with open(conf, "w") as f:
            f.write(plan.DAEMON_CONF.replace("@RUN@", run))
        process = self.bench.start([daemon, "--config", conf], [], "optoutd")
        try:
            command = [tool, "site", "fetch", "--store", f"{run}/site", "--socket",
                       f"{run}/optoutd.sock", origin]
            end = time.monotonic() + servers.WAIT
            while True:
                out = subprocess.run(command, capture_output=True, text=True, timeout=30)
                if out.returncode == 0:
                    break
                if time.monotonic() > end or process.poll() is not None:
                    raise servers.BenchError(f"the store was not filled: {out.stdout}{out.stderr}"
                                             f"{self.bench.log_tail('optoutd')}")
                time.sleep(0.1)
        finally:
            self.bench.stop(process)
        if out.stdout.count("published") < 2:
            raise servers.BenchError(f"the store does not hold two site files:\n{out.stdout}")
        self.filled = True

    def conf(self, depth="document", site=False):
        """The filter's part of c-icap's configuration, and a folder for its records."""
        if site:
            self.fill_store()
        text = plan.OPTOUT_CONF + (plan.SITE_CONF if site else "")
        text += "".join(f"optout.{line}\n" for line in self.args.set)
        os.makedirs(self.audit(), exist_ok=True)
        return text.replace("@DEPTH@", depth).replace("@RUN@", self.bench.run)

    def audit(self):
        return os.path.join(self.bench.run, "audit")

    def forget_records(self):
        shutil.rmtree(self.audit(), ignore_errors=True)
