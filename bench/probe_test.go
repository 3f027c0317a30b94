package bench
import ("testing";"database/sql";"fmt";"time";"path/filepath")
func TestProbe(t *testing.T){
 fs,_:=filepath.Glob("/tmp/formwandel-bench/*-100000.db")
 db,_:=sql.Open("sqlite","file:"+fs[0]+"?_pragma=cache_size(-16000)")
 db.SetMaxOpenConns(1)
 w:="r.waiting <> 0 AND ((r.waiting & 32) <> 0 AND r.author_id = 5 OR (r.waiting & 4) <> 0 OR (r.waiting & 8) <> 0 AND r.assignee_id = 5)"
 run:=func(){
 for _,q:=range []string{
  `SELECT r.* FROM requests AS r WHERE `+w+` ORDER BY r.id DESC LIMIT 51`,
  `SELECT r.* FROM requests AS r WHERE r.due_at IS NOT NULL AND `+w+` ORDER BY r.due_at, r.id LIMIT 51`,
  `SELECT r.* FROM requests AS r WHERE r.ags = '14100010' AND `+w+` ORDER BY r.id DESC LIMIT 51`,
  `SELECT r.* FROM requests AS r WHERE r.ags = '14100010' AND r.due_at IS NOT NULL AND `+w+` ORDER BY r.due_at, r.id LIMIT 51`,
  `SELECT r.* FROM requests AS r WHERE r.ags = '14100010' AND r.due_at IS NOT NULL ORDER BY r.due_at, r.id LIMIT 51`,
 }{
  best:=time.Hour; n:=0
  for range 9 { st:=time.Now(); rows,err:=db.Query(q); if err!=nil{t.Fatal(err)}; n=0; for rows.Next(){n++}; rows.Close(); best=min(best,time.Since(st)) }
  plan:=""; rows,_:=db.Query("EXPLAIN QUERY PLAN "+q); for rows.Next(){var a,b,c int;var d string; rows.Scan(&a,&b,&c,&d); plan+=d+" | "}; rows.Close()
  fmt.Println(best,n,q,"\n   ",plan)
 }}
 run()
 for _,x:=range []string{`DROP INDEX IF EXISTS wid`,`CREATE INDEX wid ON requests (id) WHERE waiting <> 0`,`CREATE INDEX wagsid ON requests (ags, id) WHERE waiting <> 0`}{ if _,err:=db.Exec(x);err!=nil{fmt.Println(err)} }
 run()
 db.Exec("DROP INDEX wid"); db.Exec("DROP INDEX wagsid")
}
