package bench
import ("testing";"database/sql";"fmt";"time";"path/filepath")
func TestProbe(t *testing.T){
 fs,_:=filepath.Glob("/tmp/formwandel-bench/*-100000.db")
 db,_:=sql.Open("sqlite","file:"+fs[0]+"?mode=ro&_pragma=cache_size(-16000)")
 db.SetMaxOpenConns(1)
 for _,q:=range []string{
  `SELECT rowid FROM search WHERE search MATCH '"gebuhrensatz"' ORDER BY rowid DESC LIMIT 51`,
  `SELECT rowid FROM search WHERE search MATCH '"gebuhrensatz"*' ORDER BY rowid DESC LIMIT 51`,
  `SELECT rowid FROM search WHERE search MATCH '"gebuhrensatz" AND "musterstadt"' ORDER BY rowid DESC LIMIT 51`,
  `SELECT rowid FROM search WHERE search MATCH 'words : ("gebuhrensatz" AND "mandant14100007")' ORDER BY rowid DESC LIMIT 51`,
  `SELECT rowid FROM search WHERE search MATCH 'words : ("gebuhrensatz"* AND "mandant14100007")' ORDER BY rowid DESC LIMIT 51`,
  `SELECT rowid FROM search WHERE search MATCH '"ka" AND "2026" AND "000509"*' ORDER BY rowid DESC LIMIT 51`,
  `SELECT rowid FROM search WHERE search MATCH '"000509"*' ORDER BY rowid DESC LIMIT 51`,
  `SELECT rowid FROM search WHERE search MATCH '"000509"' ORDER BY rowid DESC LIMIT 51`,
  `SELECT r.id FROM requests AS r JOIN search s ON s.rowid = r.id WHERE search MATCH '"gebuhrensatz"' ORDER BY s.rowid DESC LIMIT 51`,
  `SELECT r.* FROM requests AS r JOIN search s ON s.rowid = r.id WHERE search MATCH '"gebuhrensatz"' ORDER BY s.rowid DESC LIMIT 51`,
  `SELECT r.id FROM requests AS r JOIN search s ON s.rowid = r.id WHERE search MATCH '"gebuhrensatz"*' ORDER BY s.rowid DESC LIMIT 51`,
  `SELECT r.id FROM requests AS r JOIN search s ON s.rowid = r.id WHERE r.ags = '14100007' AND search MATCH 'words : ("gebuhrensatz" AND "mandant14100007")' ORDER BY s.rowid DESC LIMIT 51`,
 }{
  best:=time.Hour; n:=0
  for range 9 { st:=time.Now(); rows,err:=db.Query(q); if err!=nil{t.Fatal(err)}; n=0; for rows.Next(){n++}; rows.Close(); best=min(best,time.Since(st)) }
  plan:=""; rows,_:=db.Query("EXPLAIN QUERY PLAN "+q); for rows.Next(){var a,b,c int;var d string; rows.Scan(&a,&b,&c,&d); plan+=d+" | "}; rows.Close()
  fmt.Println(best,n,q,"\n   ",plan)
 }
}
