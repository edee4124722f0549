for f in "$@"; do for k in ${K:-2.6.20 6.1}; do
timeout 60 /tmp/venv/bin/python /tmp/nocheck.py ${S---nosema} -k $k $O $f > /tmp/wq/out 2>&1; rc=$?
echo "== $f $k rc=$rc"; if [ -n "$V" ]; then cat /tmp/wq/out; else grep -E "^(error|warning)|^  = |holds|fails|explored|cost|undetermined|wrong" /tmp/wq/out; fi
done; done
