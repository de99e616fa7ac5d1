"use strict";

// On Linux the program is linked statically, so that it does not matter which C library there is.
exports.PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"];
