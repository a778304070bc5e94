/**
 * Ends the process with one line when Node.js is too old. In plain old JavaScript, since an old Node.js would fail on
 * anything newer before it could say so; every command requires this file first.
 */
'use strict';

const OLDEST = [20, 19];

const have = process.versions.node.split('.').map(Number);
if (have[0] < OLDEST[0] || (have[0] === OLDEST[0] && have[1] < OLDEST[1])) {
  console.error('tierwarden: Node.js ' + OLDEST.join('.') + ' or newer is needed, this is ' + process.versions.node);
  process.exit(1);
}
