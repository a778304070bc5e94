/** For tests with native code that makes typed arrays: theirs and those of the test must be the same. */
'use strict';

const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  constructor(...args) {
    super(...args);
    this.global.Float32Array = Float32Array;
  }
};
