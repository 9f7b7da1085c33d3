/** A map as wide as a phone says nothing: there it is a list, unless somebody wants the map. */
const NARROW = '(max-width: 40rem)';

export const mapOrList = (asked: string | undefined): 'map' | 'list' =>
  asked === 'list' || asked === 'map' ? asked : matchMedia(NARROW).matches ? 'list' : 'map';
