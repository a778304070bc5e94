/** Names that callers may give to their requests; whatever else they give is no name. */
const REQUEST_ID = /^[\w.-]{8,64}$/;

export const givenOrNewId = (given: unknown, newId: () => string): string =>
  typeof given === 'string' && REQUEST_ID.test(given) ? given : newId();
