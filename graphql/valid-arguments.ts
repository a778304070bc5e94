/** Arguments and inputs say by class-validator what they take; what does not fit never reaches a resolver. */
import { validateSync } from 'class-validator';
import { ArgumentValidationError } from 'type-graphql';

/** Looks at nothing that was left out. Throws ArgumentValidationError. */
export const demandValid = (given: unknown): void => {
  if (typeof given !== 'object' || given === null) return;
  const errors = Array.isArray(given) ? given.flatMap(errorsIn) : errorsIn(given);
  if (errors.length > 0) throw new ArgumentValidationError(errors);
};

const errorsIn = (given: unknown) =>
  typeof given === 'object' && given !== null
    ? validateSync(given, { skipMissingProperties: true, forbidUnknownValues: false })
    : [];
