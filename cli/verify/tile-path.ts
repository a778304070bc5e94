/** Where a tile (level 0 and up) or a bundle of entries is found below the log's prefix. */
export const tilePath = (level: number | 'entries', index: number, width: number): string => {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  const name = groups.map((group, i) => (i + 1 === groups.length ? group : `x${group}`)).join('/');
  return `tile/${level}/${name}${width === 256 ? '' : `.p/${width}`}`;
};
