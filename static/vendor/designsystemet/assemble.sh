#!/bin/sh
# Puts together designsystemet.css from the parts of @digdir/designsystemet-css that our pages use:
# a third of the whole over the wire. Run in the unpacked package: sh assemble.sh dist > FILE
set -eu
cat "$1/theme/designsystemet.css"; echo
cd "$1/src"
layer() {
  name=$1; shift
  printf '@layer %s{' "$name"
  for part in "$@"; do cat "$part.css"; done
  printf '}\n'
}
printf '/* Designsystemet 1.22.0, MIT, see LICENSE; parts put together by assemble.sh */\n'
printf '@layer ds.theme, ds.base, ds.components;\n'
layer ds.base base label
layer ds.components data-size-workaround button input field alert skip-link list tag error-summary table
