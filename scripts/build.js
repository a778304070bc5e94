/** `npm run build`: installs what is missing and compiles to dist/, if the sources have changed. */
'use strict';

require('./require-node');
const { main, prepare } = require('./prepare');

main(prepare);
