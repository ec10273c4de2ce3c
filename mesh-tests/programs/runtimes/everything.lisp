;;; What an SBCL program does all day: conses, threads, collections, faults that it handles, memory of C, children.
(require :sb-posix)
(defun say (name &rest values) (format t "~a ~{~a~^ ~}~%" name values) (finish-output))

(defun fill-table (count)
  (let ((table (make-hash-table :test 'equal)))
    (dotimes (n count)
      (setf (gethash (format nil "key ~d" n) table) (make-list (mod n 7) :initial-element n)))
    (loop for n below count unless (zerop (mod n 5)) do (remhash (format nil "key ~d" n) table))
    (loop for v being the hash-values of table sum (reduce #'+ v))))

(say "table" (fill-table 60000))

(say "threads"
     (mapcar #'sb-thread:join-thread
             (loop for n from 1 to 6
                   collect (let ((n n)) (sb-thread:make-thread (lambda () (* n (fill-table 8000))))))))

;; Blocks of malloc, of which every eighth stays, written while another thread collects.
(defun paint (block size seed)
  (declare (type sb-sys:system-area-pointer block) (type fixnum size seed))
  (dotimes (i size) (setf (sb-sys:sap-ref-8 block i) (mod (+ seed i) 256))))
(defun painted (block size seed)
  (declare (type sb-sys:system-area-pointer block) (type fixnum size seed))
  (dotimes (i size t) (unless (= (sb-sys:sap-ref-8 block i) (mod (+ seed i) 256)) (return nil))))
(defun allocate (size)
  (sb-alien:alien-funcall (sb-alien:extern-alien "malloc" (function sb-sys:system-area-pointer sb-alien:size-t)) size))
(defun release (block)
  (sb-alien:alien-funcall (sb-alien:extern-alien "free" (function sb-alien:void sb-sys:system-area-pointer)) block))
(defun blocks (size count rounds)
  (let* ((kept (loop for block in (loop repeat count collect (allocate size)) for n from 0
                     if (zerop (mod n 8)) collect block else do (release block)))
         (over nil)
         (collector (sb-thread:make-thread (lambda () (loop until over do (sb-ext:gc) (sleep 0.001))))))
    (prog1 (loop for round below rounds
                 do (loop for block in kept for n from 0 do (paint block size (+ round n)))
                    (loop for block in (loop repeat 500 collect (allocate size)) do (release block))
                 count (loop for block in kept for n from 0 always (painted block size (+ round n))))
      (setf over t)
      (sb-thread:join-thread collector)
      (mapc #'release kept))))
(say "blocks" (blocks 200 40000 60))

(say "fault" (handler-case (sb-sys:sap-ref-8 (sb-sys:int-sap 16) 0)
               (sb-sys:memory-fault-error () "memory")))
(say "division" (handler-case (/ 1 (hash-table-count (make-hash-table))) (division-by-zero () "zero")))
(defun deep (n) (+ 1 (deep (+ n 1))))
(say "stack" (handler-case (deep 0) (sb-kernel::control-stack-exhausted () "exhausted")))
(say "timer" (handler-case (sb-ext:with-timeout 0.05 (loop)) (sb-ext:timeout () "out")))

(let ((thread (sb-thread:make-thread (lambda () (handler-case (loop (sleep 0.01)) (error () "interrupted"))))))
  (sleep 0.05)
  (sb-thread:interrupt-thread thread (lambda () (error "now")))
  (say "thread" (sb-thread:join-thread thread)))

(dotimes (n 4)
  (say "child" (string-trim '(#\Newline)
                            (with-output-to-string (out)
                              (sb-ext:run-program "/bin/echo" (list "said" (princ-to-string n)) :output out)))))
(sb-ext:gc :full t)
(say "table" (fill-table 20000))
(sb-ext:exit :code 3)
