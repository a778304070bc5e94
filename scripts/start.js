/**
 * `npm start`: makes the checkout ready and becomes `tierwarden start`, in this same process, so that there is one process
 * to signal and one exit code. Looks for a taken port first: that is known at once, and preparing may take minutes.
 */
'use strict';

require('./require-node');
const { createServer } = require('node:net');
const { main, prepare, StepFailed } = require('./prepare');

const PARENT_POLL_MS = 500;

main(async () => {
  if (process.env.npm_lifecycle_event) endWithParent();
  await demandFreePort(Number(process.env.PORT || 4000), process.env.HOST || '127.0.0.1');
  await prepare();
  process.env.NODE_ENV ??= 'production';
  await require('../dist/cli/main.js').main(['start', ...process.argv.slice(2)]);
});

/** Whatever else is wrong with the address is told by the command itself. */
function demandFreePort(port, host) {
  return new Promise((resolve, reject) => {
    if (!(port > 0 && port < 65536)) return resolve();
    const probe = createServer();
    probe.once('error', (error) => {
      if (error.code !== 'EADDRINUSE') return resolve();
      reject(new StepFailed(`port ${port} is taken; set PORT to a free one, for example PORT=${port + 1} npm start`));
    });
    probe.listen(port, host, () => probe.close(resolve));
  });
}

/**
 * npm runs scripts through a shell that it tells to end, and that passes nothing on to us: whoever ends npm would leave
 * the system running. The shell's end is taken as the signal it should have been.
 */
function endWithParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_POLL_MS);
  timer.unref();
}
