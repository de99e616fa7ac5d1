#!/usr/bin/env node
// Runs the program of this platform, and ends as it ends.
"use strict";

const { spawnSync } = require("node:child_process");
const os = require("node:os");
const { PLATFORMS } = require("./platforms.js");

const platform = `${process.platform}-${process.arch}`;
const name = process.platform === "win32" ? "slowpath.exe" : "slowpath";
let program;
try {
  program = require.resolve(`slowpath-${platform}/bin/${name}`);
} catch {
  const reason = PLATFORMS.includes(platform)
    ? `the package slowpath-${platform} is missing: install without --omit=optional`
    : `there is no slowpath for ${platform}`;
  console.error(`error: ${reason}`);
  process.exit(2);
}
const result = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (result.error) {
  console.error(`error: cannot run ${program}: ${result.error.message}`);
  process.exit(2);
}
process.exit(result.signal ? 128 + os.constants.signals[result.signal] : result.status);
