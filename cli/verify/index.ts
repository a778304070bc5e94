/**
 * Door of the verifier: a package of its own, which knows the written formats and nothing of the program that writes them.
 * All but `node` runs in a browser as well, given hashing and files; `node` gives them here.
 */
export { verifyExport } from './export';
export {
  cosign,
  entriesInThread,
  filesOf,
  formatWitnessKey,
  nodeCrypto,
  readWitnessKey,
  witnessKey,
  witnessVerifierKey,
  type WitnessKey,
} from './node';
export { checkProof, checkStatement, readKey, STATEMENT, type VerifierKey } from './note';
export { checkRatingProof, RATING_PROOF } from './rating-proof';
export { look, LogBroken, NOTHING_WATCHED, type Watched } from './watch';
